import type { Runtime } from '../protocol/index.js';
import type { EventCursor } from './event-cursors.js';
import type { GiveUp } from './give-up.js';
import type { GapFrame } from './received-events.js';

/** How an attachment is connected right now. `closed` is final. */
export type AttachmentState =
  | {
      readonly phase: 'open';
      /** After a reconnect, once the relay has said so: whether it goes on exactly where it broke. */
      readonly resumed?: boolean;
      /** What was lost where it does not, as far as the relay knows; `events()` yields it too. */
      readonly gap?: GapFrame;
    }
  | { readonly phase: 'reconnecting'; readonly reason: string }
  | { readonly phase: 'closed'; readonly error?: Error };

/** What a new attachment is shown of a runtime's past: all that is kept, as many of the newest events, or none. */
export type HistoryWish = 'all' | 'none' | number;

/** What a command may be told. */
export interface CommandOptions extends GiveUp {
  /** In ms, from sending to the answer or the next chunk of it, reconnects included. Default `commandTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

/** What `attach` may be told; its signal counts until the attachment is open. */
export interface AttachmentOptions extends GiveUp {
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
