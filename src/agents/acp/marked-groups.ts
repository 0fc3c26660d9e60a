import { readdir, readFile } from 'node:fs/promises';

/** What every process that an agent started has in its environment; the value names the agent's own process. */
export const MARK = 'TWINLANE_AGENT_PROCESS';

/**
 * The process groups of all that carry this mark, also of those whose parent is gone: an agent that is killed leaves its
 * tools running, each in a group of its own. Empty where the system does not tell (only Linux does).
 */
export async function markedGroups(mark: string): Promise<ReadonlySet<number>> {
  const names = await readdir('/proc').catch(() => []);
  const groups = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((pid) => groupIfMarked(pid, mark)));
  return new Set(groups.filter((group) => group !== undefined));
}

async function groupIfMarked(pid: string, mark: string): Promise<number | undefined> {
  // Processes of other users cannot be read, and others are gone by now.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  if (!environment.split('\0').includes(`${MARK}=${mark}`)) return undefined;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which may hold anything, come: state, parent, group.
  const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === undefined || Number(group) <= 1 ? undefined : Number(group);
}
