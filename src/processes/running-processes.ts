import { readdir, readFile } from 'node:fs/promises';

/** A process that runs; the dead whom nobody has collected are none. */
export interface RunningProcess {
  readonly pid: string;
  readonly group: number;
  readonly session: number;
}

/** All processes of this machine; undefined where the system does not tell (only Linux does). */
export async function runningProcesses(): Promise<readonly RunningProcess[] | undefined> {
  const names = process.platform === 'linux' ? await readdir('/proc').catch(() => undefined) : undefined;
  if (!names) return undefined;
  const processes = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess));
  return processes.filter((running) => running !== undefined);
}

/** Whether it was started with this `NAME=value` in its environment. False for processes of other users, which cannot be read. */
export async function hasInEnvironment({ pid }: RunningProcess, entry: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(entry);
}

/** Undefined for one that is dead, or gone by now. */
async function readProcess(pid: string): Promise<RunningProcess | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which may hold anything, come: state, parent, group, session.
  const [state, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (group === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid, group: Number(group), session: Number(session) };
}
