import { readdir, readFile } from 'node:fs/promises';
import type { Clock } from '../../protocol/index.js';

/** How often a group that was asked to end is looked at, in milliseconds. */
const LOOK_EVERY_MS = 20;
/** How long a busy machine may take to carry SIGKILL out, in milliseconds; what waits for a dead disk takes for ever. */
const KILLED_WITHIN_MS = 1_000;

/** A process that leads its own group, with everything it started and that did not leave the group. */
export class ProcessGroup {
  constructor(
    private readonly leader: number,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends every process of the group: SIGTERM, and SIGKILL to those still there after the grace. Resolves when none is
   * left, or SIGKILL has had its time.
   *
   * @param graceMs milliseconds
   */
  async end(graceMs: number): Promise<void> {
    this.signal('SIGTERM');
    if (await this.endsWithin(graceMs)) return;
    this.signal('SIGKILL');
    await this.endsWithin(KILLED_WITHIN_MS);
  }

  private async endsWithin(ms: number): Promise<boolean> {
    const until = this.clock.now() + ms;
    while (this.clock.now() < until) {
      if (!this.signal(0) || !(await hasRunningMembers(this.leader))) return true;
      await new Promise<void>((resolve) => void this.clock.after(LOOK_EVERY_MS, resolve));
    }
    return false;
  }

  /** Whether there was anybody to take the signal, the dead whom nobody has collected among them. */
  private signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-this.leader, signal);
    } catch (error) {
      // EPERM: there are processes, but of another user (sudo): they cannot be ended from here.
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }
}

/**
 * Whether a group has more in it than dead processes. In a container without an init nobody collects those, and the
 * group would seem to live on. True where the system does not tell (only Linux does).
 */
async function hasRunningMembers(group: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const names = await readdir('/proc').catch(() => undefined);
  if (!names) return true;
  const states = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((pid) => stateIn(group, pid)));
  return states.some((state) => state !== undefined && state !== 'Z' && state !== 'X');
}

/** The state of a process of this group; undefined for others, and for one that is gone by now. */
async function stateIn(group: number, pid: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name, which may hold anything, come: state, parent, group.
  const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(itsGroup) === group ? state : undefined;
}
