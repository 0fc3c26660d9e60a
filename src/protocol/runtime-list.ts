import type { Runtime } from './runtime.js';

/** A runtime of which the relay has events: one entry of `GET /v1/environments/{name}/runtimes` (protocol section 4). */
export interface RuntimeEntry {
  readonly runtime: Runtime;
  /**
   * What people call it: what the device says its agent calls it, else the first line of the first input that the relay has seen, at
   * most 120 UTF-16 units. Absent where neither is known. Both were written by somebody else: show them as text.
   */
  readonly title?: string;
  /** Events that are kept, holes included: what a client can be sent of the past. */
  readonly events: number;
  /** `event_epoch` of the newest event. */
  readonly epoch: string;
  /** `event_seq` of the newest event. */
  readonly seq: number;
  /** Epoch milliseconds, by the device's clock: when the newest event was emitted; null where it does not say, or is lost. */
  readonly lastEventAt: number | null;
  /** `status` of the newest `update_loop_status`, where there was one. */
  readonly loopStatus?: string;
  /** `control_request`s that wait for an answer. */
  readonly pendingApprovals: number;
}

/** What `GET /v1/environments/{name}/runtimes` answers. */
export interface RuntimePage {
  /** The one whose last event is the newest first. */
  readonly runtimes: readonly RuntimeEntry[];
  /** Whether there are more than `limit`. */
  readonly hasMore: boolean;
}
