import type { Runtime } from '../protocol/index.js';
import type { EventCursor } from './event-cursors.js';

/** How an attachment is connected right now. `closed` is final. */
export type AttachmentState =
  | {
      readonly phase: 'open';
      /** After a reconnect, once the relay has said so: whether it goes on exactly where it broke. */
      readonly resumed?: boolean;
    }
  | { readonly phase: 'reconnecting'; readonly reason: string }
  | { readonly phase: 'closed'; readonly error?: Error };

/** What a new attachment is shown of a runtime's past: all that is kept, as many of the newest events, or none. */
export type HistoryWish = 'all' | 'none' | number;

export interface AttachmentOptions {
  /** What to follow; without it, what `runtimeStart` returns. */
  readonly runtime?: Runtime;
  /** Names this client over reconnects. Default: a new UUID. */
  readonly clientId?: string;
  /** The last event an earlier attachment has seen: go on from there. */
  readonly resumeFrom?: EventCursor;
  /**
   * What is shown of the past of `runtime` before what happens now: its events as they were, numbered and in order, and after them its state
   * (`isReplayed`). Default `none`: its state alone. With `resumeFrom` it does not count.
   */
  readonly history?: HistoryWish;
}
