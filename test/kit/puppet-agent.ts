import type { Agent, AgentTurn, TurnEnd } from '../../src/agents/index.js';
import type { AgentStatus, Runtime } from '../../src/protocol/index.js';

export interface PuppetTurn {
  readonly turn: AgentTurn;
  readonly end: (end: TurnEnd) => void;
  readonly fail: (error: Error) => void;
}

/** An agent whose turns a test steers from outside. */
export class PuppetAgent implements Agent {
  readonly turns: PuppetTurn[] = [];
  /** What it tells beside turns. */
  status: AgentStatus | undefined;
  /** What it was set to, in order. */
  readonly modes: string[] = [];
  private watchers: (() => void)[] = [];

  statusOf(): AgentStatus | undefined {
    return this.status;
  }

  async setMode(_runtime: Runtime, mode: string): Promise<void> {
    this.modes.push(mode);
  }

  start(turn: AgentTurn): Promise<TurnEnd> {
    return new Promise((end, fail) => {
      this.turns.push({ turn, end, fail });
      for (const resolve of this.watchers.splice(0)) resolve();
    });
  }

  /** The turn that was started as the n-th, from 0, now or as soon as it is. */
  async nth(n: number): Promise<PuppetTurn> {
    for (;;) {
      const started = this.turns[n];
      if (started) return started;
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }
}
