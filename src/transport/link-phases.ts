import { AsyncBroadcast } from '../protocol/index.js';
import type { LinkMonitor, LinkPhase, LinkState } from './link-state.js';

/** Which phase may follow which. */
const NEXT: Readonly<Record<LinkPhase, readonly LinkPhase[]>> = {
  offline: ['offline', 'registering', 'connecting', 'draining', 'stopped'],
  registering: ['connecting', 'offline', 'draining', 'stopped'],
  connecting: ['ready', 'offline', 'draining', 'stopped'],
  ready: ['offline', 'draining', 'stopped'],
  draining: ['stopped'],
  stopped: [],
};

/** The link's state machine: one state, one way to change it, everybody may watch. */
export class LinkPhases implements LinkMonitor {
  private state: LinkState = { phase: 'offline' };
  private readonly changes = new AsyncBroadcast<LinkState>();

  get current(): LinkState {
    return this.state;
  }

  /** @throws Error for a transition that the table does not have */
  enter(state: LinkState): void {
    const { phase } = this.state;
    if (!NEXT[phase].includes(state.phase)) throw new Error(`A link cannot go from ${phase} to ${state.phase}.`);
    this.state = state;
    this.changes.publish(state);
    if (state.phase === 'stopped') this.changes.end();
  }

  states(): AsyncIterable<LinkState> {
    return this.changes.values(this.state);
  }
}
