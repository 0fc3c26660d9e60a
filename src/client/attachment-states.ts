import { AsyncQueue, Fanout } from './async-queue.js';
import type { AttachmentState } from './attachment-options.js';

/** How an attachment is connected, and who follows that. */
export class AttachmentStates {
  private readonly watchers = new Fanout<AttachmentState>();
  private state: AttachmentState = { phase: 'reconnecting', reason: 'not opened yet' };

  get now(): AttachmentState {
    return this.state;
  }

  get isClosed(): boolean {
    return this.state.phase === 'closed';
  }

  enter(state: AttachmentState): void {
    this.state = state;
    this.watchers.publish(state);
    if (state.phase === 'closed') this.watchers.finish();
  }

  /** Every state from now on, the current one first; ends with `closed`. */
  follow(): AsyncQueue<AttachmentState> {
    const states = this.isClosed ? new AsyncQueue<AttachmentState>() : this.watchers.subscribe();
    states.push(this.state);
    if (this.isClosed) states.finish();
    return states;
  }
}
