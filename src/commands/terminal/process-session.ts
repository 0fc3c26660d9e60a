import { readdir, readFile } from 'node:fs/promises';
import { groupsWith } from '../../agents/index.js';
import { type Clock, sleep } from '../../protocol/index.js';

/** How often a session that was asked to end is looked at, in ms. */
const LOOK_EVERY_MS = 20;
/** How long a busy machine may take to carry SIGKILL out, in ms. */
const KILLED_WITHIN_MS = 1_000;

/** Processes that end together; a shell gives each job a process group of its own. */
abstract class ProcessGroups {
  constructor(private readonly clock: Clock) {}

  /** Process groups with somebody alive in them. */
  protected abstract groups(): Promise<ReadonlySet<number>>;

  /**
   * Ends every process group: SIGHUP, as when a line hangs up, and SIGKILL to those still there after the grace.
   *
   * @param graceMs milliseconds
   */
  async end(graceMs: number): Promise<void> {
    for (const group of await this.groups()) {
      signal(group, 'SIGHUP');
      // What is stopped would hear of it only once it goes on.
      signal(group, 'SIGCONT');
    }
    if (await this.endsWithin(graceMs)) return;
    for (const group of await this.groups()) signal(group, 'SIGKILL');
    await this.endsWithin(KILLED_WITHIN_MS);
  }

  private async endsWithin(ms: number): Promise<boolean> {
    const until = this.clock.now() + ms;
    for (;;) {
      const groups = await this.groups();
      if (![...groups].some((group) => signal(group, 0))) return true;
      if (this.clock.now() >= until) return false;
      await sleep(this.clock, LOOK_EVERY_MS);
    }
  }
}

/** Everything that runs at a terminal: the session that its first process leads, also when that one has ended. */
export class ProcessSession extends ProcessGroups {
  constructor(
    private readonly leader: number,
    clock: Clock,
  ) {
    super(clock);
  }

  /** Only Linux tells; elsewhere it is the leader's own. */
  protected async groups(): Promise<ReadonlySet<number>> {
    if (process.platform !== 'linux') return new Set([this.leader]);
    const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const groups = await Promise.all(names.map((pid) => this.groupOf(pid)));
    return new Set(groups.filter((group) => group !== undefined));
  }

  /** The group of a process of this session; undefined for others, for the dead, and for one that is gone by now. */
  private async groupOf(pid: string): Promise<number | undefined> {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // After the name, which may hold anything, come: state, parent, group, session.
    const [state, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(session) === this.leader && state !== 'Z' && state !== 'X' ? Number(group) : undefined;
  }
}

/** Everything with a variable in its environment, wherever it went: jobs that a shell left behind, and who began a session of their own. */
export class MarkedProcesses extends ProcessGroups {
  constructor(
    private readonly variable: string,
    private readonly value: string,
    clock: Clock,
  ) {
    super(clock);
  }

  protected groups(): Promise<ReadonlySet<number>> {
    return groupsWith(this.variable, this.value);
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
