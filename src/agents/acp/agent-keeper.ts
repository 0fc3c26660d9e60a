import type { Clock } from '../../protocol/index.js';
import { AgentGoneError } from './acp.error.js';
import type { AcpOptions } from './acp.options.js';
import { type AgentStart, RunningAgent } from './running-agent.js';
import { aborted } from './within.js';

/**
 * Keeps one agent running from the first turn on. One that is gone is started again by the next turn, no sooner than the
 * backoff allows.
 */
export class AgentKeeper {
  private agent: Promise<RunningAgent> | undefined;
  /** The newest, which may not have begun yet. */
  private newest: RunningAgent | undefined;
  private inRow = 0;
  private notBefore = 0;
  private readonly closing = new AbortController();

  constructor(
    private readonly start: AgentStart,
    private readonly options: AcpOptions,
    private readonly clock: Clock,
  ) {}

  /** The agent that runs; else a new one, once it does. @throws AgentGoneError, CommandLineError */
  get(): Promise<RunningAgent> {
    this.agent ??= this.next();
    return this.agent;
  }

  /** Ends the agent, and starts none any more; resolves when its processes have ended. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.newest?.stop();
  }

  private async next(): Promise<RunningAgent> {
    // Two of them would be at odds over their sessions.
    await this.newest?.stopped;
    await this.backOff();
    if (this.closing.signal.aborted) throw new AgentGoneError('The agent was stopped with the listener.');
    const since = this.clock.now();
    const agent = new RunningAgent(this.start, this.options, this.clock);
    this.newest = agent;
    void agent.gone.then(() => this.lost(since));
    await agent.begin();
    return agent;
  }

  private async backOff(): Promise<void> {
    let over = (): void => {};
    const timer = this.clock.after(Math.max(0, this.notBefore - this.clock.now()), () => over());
    await Promise.race([new Promise<void>((resolve) => (over = resolve)), aborted(this.closing.signal)]);
    timer.cancel();
  }

  private lost(since: number): void {
    const { restartMinMs, restartMaxMs } = this.options;
    const now = this.clock.now();
    this.inRow = now - since >= restartMaxMs ? 1 : this.inRow + 1;
    this.notBefore = now + Math.min(restartMaxMs, restartMinMs * 2 ** (this.inRow - 1));
    this.agent = undefined;
  }
}
