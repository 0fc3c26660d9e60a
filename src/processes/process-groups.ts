import { type Clock, sleep } from '../protocol/index.js';
import { hasInEnvironment, type RunningProcess, runningProcesses } from './running-processes.js';

/** How often processes that were asked to end are looked at, in ms. */
const LOOK_EVERY_MS = 20;
/** How long a busy machine may take to carry SIGKILL out, in ms; what waits for a dead disk takes for ever. */
const KILLED_WITHIN_MS = 1_000;

/** Which processes are meant: those to which any of it applies. */
export interface WantedProcesses {
  /** Id of a group: its first process, with everything that it started and that did not leave the group. */
  readonly group?: number | undefined;
  /** Id of a session: its first process, and everything at its terminal. A shell gives each job a group of its own. */
  readonly session?: number;
  /** `NAME=value` in their environment: also those that left group and session, and whose parent is gone. Found on Linux only. */
  readonly mark?: string;
}

/** The process groups that have somebody wanted and alive in them. */
export async function findGroups(wanted: WantedProcesses): Promise<ReadonlySet<number>> {
  const { group, session, mark } = wanted;
  const processes = await runningProcesses();
  if (!processes) return living([group, session]);
  const isWanted = async (running: RunningProcess): Promise<boolean> =>
    running.group === group ||
    running.session === session ||
    (mark !== undefined && (await hasInEnvironment(running, mark)));
  return living(await Promise.all(processes.map(async (each) => ((await isWanted(each)) ? each.group : undefined))));
}

/** Never 0 or 1, which mean one's own group, and everybody. */
function living(groups: readonly (number | undefined)[]): ReadonlySet<number> {
  return new Set(groups.filter((group) => group !== undefined).filter((group) => group > 1 && signal(group, 0)));
}

/**
 * Ends every process group that `findGroups` finds: first with a signal that it may heed, and SIGKILL to those still there after
 * the grace. Resolves when none is left, or SIGKILL has had its time.
 *
 * @param first SIGTERM, or SIGHUP, as when the line of a terminal hangs up
 * @param graceMs milliseconds
 */
export async function endProcesses(
  wanted: WantedProcesses,
  first: 'SIGTERM' | 'SIGHUP',
  graceMs: number,
  clock: Clock,
): Promise<void> {
  for (const group of await findGroups(wanted)) {
    signal(group, first);
    // What is stopped would hear of it only once it goes on.
    signal(group, 'SIGCONT');
  }
  if (await endWithin(wanted, graceMs, clock)) return;
  for (const group of await findGroups(wanted)) signal(group, 'SIGKILL');
  await endWithin(wanted, KILLED_WITHIN_MS, clock);
}

async function endWithin(wanted: WantedProcesses, ms: number, clock: Clock): Promise<boolean> {
  const until = clock.now() + ms;
  for (;;) {
    if ((await findGroups(wanted)).size === 0) return true;
    if (clock.now() >= until) return false;
    await sleep(clock, LOOK_EVERY_MS);
  }
}

/** Whether there was anybody to take it. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, name);
  } catch (error) {
    // EPERM: there are processes, but of another user (sudo): they cannot be ended from here.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
