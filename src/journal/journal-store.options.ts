import type { Clock } from '../protocol/index.js';
import type { JournalObserver } from './journal-observer.js';

/**
 * Limits of a journal on disk. Sizes are UTF-16 units of the frames, times ms. Unset limits of what is kept do not apply; where
 * one is exceeded, a twentieth of it goes at once.
 */
export interface JournalStoreOptions {
  /** Entries a runtime keeps; its older ones are dropped. Default: no bound. */
  readonly maxEntriesPerRuntime?: number;
  /** What a runtime keeps; its older ones are dropped. Default: no bound. */
  readonly maxBytesPerRuntime?: number;
  /** Epochs of which a runtime keeps entries; older ones are dropped. Default: no bound. */
  readonly maxEpochsPerRuntime?: number;
  /** What all runtimes of one scope keep; beyond, the oldest of the one that was silent longest are dropped. Default: no bound. */
  readonly maxBytesPerScope?: number;
  /** What all scopes of one group keep (see `assign`); beyond, the oldest of the runtime that was silent longest are dropped. Default: no bound. */
  readonly maxBytesPerGroup?: number;
  /** Entries older than this are dropped, within a minute. Default: no bound. */
  readonly maxAgeMs?: number;
  /** Newest entries that stay in memory besides the disk, over all runtimes. Default: 4 MiB. */
  readonly tailBytes?: number;
  /** What may wait in memory for a disk that is slow, full or broken, before `room()` waits. Default: 64 MiB. */
  readonly maxUnwrittenBytes?: number;
  /** A disk that failed is tried again after this time. Default: 5 s. */
  readonly retryMs?: number;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly observer?: JournalObserver;
}

export const DEFAULT_TAIL_BYTES = 4 * 1024 * 1024;
export const DEFAULT_MAX_UNWRITTEN_BYTES = 64 * 1024 * 1024;
export const DEFAULT_RETRY_MS = 5_000;
