import type { Clock } from '../../protocol/index.js';
import type { AcpOptions } from './acp.options.js';
import { type AgentStart, RunningAgent } from './running-agent.js';

/**
 * Keeps one agent running from the first turn on. One that is gone is started again by the next turn, no sooner than the
 * backoff allows.
 */
export class AgentKeeper {
  private agent: Promise<RunningAgent> | undefined;
  private inRow = 0;
  private notBefore = 0;
  /** Resolves when the processes of the one before have ended. */
  private before: Promise<void> = Promise.resolve();

  constructor(
    private readonly start: AgentStart,
    private readonly options: AcpOptions,
    private readonly clock: Clock,
  ) {}

  /** The agent that runs; else a new one, once it does. @throws AgentGoneError */
  get(): Promise<RunningAgent> {
    this.agent ??= this.next();
    return this.agent;
  }

  /** Ends the agent; resolves when its processes have ended. */
  async close(): Promise<void> {
    const agent = await this.agent?.catch(() => undefined);
    agent?.end('was stopped with the listener');
    await this.before;
  }

  private async next(): Promise<RunningAgent> {
    await this.before;
    const wait = this.notBefore - this.clock.now();
    if (wait > 0) await new Promise<void>((resolve) => void this.clock.after(wait, resolve));
    const since = this.clock.now();
    try {
      const agent = await RunningAgent.start(this.start, this.options, this.clock);
      this.before = agent.stopped;
      void agent.gone.then(() => this.lost(since));
      return agent;
    } catch (error) {
      this.lost(since);
      throw error;
    }
  }

  private lost(since: number): void {
    const { restartMinMs, restartMaxMs } = this.options;
    const now = this.clock.now();
    this.inRow = now - since >= restartMaxMs ? 1 : this.inRow + 1;
    this.notBefore = now + Math.min(restartMaxMs, restartMinMs * 2 ** (this.inRow - 1));
    this.agent = undefined;
  }
}
