import { readdir, readFile } from 'node:fs/promises';

/**
 * The process groups of all that have this variable in their environment, also of those whose parent is gone: an agent that
 * is killed leaves its tools running, each in a group of its own. Empty where the system does not tell (only Linux does).
 */
export async function groupsWith(variable: string, value: string): Promise<ReadonlySet<number>> {
  const names = await readdir('/proc').catch(() => []);
  const entry = `${variable}=${value}`;
  const groups = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((pid) => groupIfIn(pid, entry)));
  return new Set(groups.filter((group) => group !== undefined));
}

async function groupIfIn(pid: string, entry: string): Promise<number | undefined> {
  // Processes of other users cannot be read, and others are gone by now.
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  if (!environment.split('\0').includes(entry)) return undefined;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which may hold anything, come: state, parent, group.
  const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === undefined || Number(group) <= 1 ? undefined : Number(group);
}
