import type { Runtime } from '../protocol/index.js';

/** An event to append, already named and encoded. */
export interface NewEntry {
  readonly epoch: string;
  readonly seq: number;
  readonly type: string;
  /** The whole event as JSON text. */
  readonly frame: string;
  /** Keeps the frame under this name beyond retention, in place of an earlier one: the newest snapshot of a type, an approval that waits. */
  readonly keep?: string | undefined;
  /** What `keep` keeps in place of the frame; default: the frame. */
  readonly keepText?: string | undefined;
  /** What was kept under this name is over. */
  readonly drop?: string | undefined;
}

/** Numbers that were lost before they could be kept: told to readers, never skipped in silence. */
export interface NewGap {
  readonly epoch: string;
  readonly from: number;
  readonly to: number;
}

/** One event in a runtime's log, or a hole (`frame` undefined, covering `seq` to `through`). */
export interface JournalEntry {
  /** Place in this runtime's log: from 1, contiguous, over epochs; only this journal knows it, it is never on the wire. */
  readonly position: number;
  readonly epoch: string;
  readonly seq: number;
  /** Equals `seq` but for holes. */
  readonly through: number;
  readonly type: string;
  readonly frame: string | undefined;
}

/** What is kept of a runtime: positions `oldest` to `head`; nothing when `oldest > head`. */
export interface JournalBounds {
  readonly oldest: number;
  readonly head: number;
}

/** The numbers of one epoch: which process of a listener appended what. */
export interface EpochSpan {
  readonly epoch: string;
  /** Its first number, kept or not any more. */
  readonly first: number;
  /** Its newest number; `first` - 1 while it has none. */
  readonly last: number;
  /** Its oldest number that is kept; `last` + 1 when none is. */
  readonly kept: number;
}

/**
 * Append-only logs of events, one per runtime (docs/architecture.md, first idea). The device's journal and the relay's
 * history are both one. Appending is immediate; reading sees only what is committed.
 */
export interface Journal {
  append(runtime: Runtime, entry: NewEntry): JournalEntry;
  appendGap(runtime: Runtime, gap: NewGap): JournalEntry;
  /**
   * Resolves when the entry at this position is committed; rejects when it cannot be. Until then it may be the same promise for
   * what is committed together.
   */
  committed(runtime: Runtime, position: number): Promise<void>;
  /** Committed entries after a position, oldest first; fewer than `limit` only at the end. */
  read(runtime: Runtime, after: number, limit: number): readonly JournalEntry[];
  bounds(runtime: Runtime): JournalBounds;
  /** Position of the entry that holds this number; undefined when it is not kept. */
  find(runtime: Runtime, epoch: string, seq: number): number | undefined;
  /** The newest entry of this runtime and epoch, kept or not any more; undefined for an epoch never seen. */
  last(runtime: Runtime, epoch: string): { readonly seq: number; readonly position: number } | undefined;
  /** The epochs of a runtime, oldest first. Those of which nothing is kept may be forgotten, but for the newest. */
  epochs(runtime: Runtime): readonly EpochSpan[];
  /** What `keep` has kept of a runtime, by name, in the order of its appends. */
  kept(runtime: Runtime): ReadonlyMap<string, string>;
  /** What was kept under this name is over, though no event says so; on disk lazily. */
  drop(runtime: Runtime, name: string): void;
  /**
   * Readers no longer need entries up to this position. A journal in memory drops them; one on disk remembers the position,
   * lazily, and leaves the dropping to its retention.
   */
  release(runtime: Runtime, through: number): void;
  /** Whoever follows what happens now has read up to this position: it need not stay in memory beside the disk. */
  passed(runtime: Runtime, through: number): void;
  /** Up to where readers have released, in an earlier process perhaps; after a crash it may lag. */
  released(runtime: Runtime): number;
  /** Drops everything that is kept of a runtime but its epochs and what `keep` holds. */
  forget(runtime: Runtime): void;
  /** Lets go of a runtime as if it had never been: also of its epochs, and of what `keep` holds. On disk lazily. */
  remove(runtime: Runtime): void;
  /** Resolves when the journal has room; whoever can pause awaits it before the next append. */
  room(): Promise<void>;
  /** Whether `room()` would wait. */
  readonly full: boolean;
  /** Kept, over all runtimes (UTF-16 units of the frames). */
  readonly bytes: number;
  /** The one that was silent longest first. */
  runtimes(): readonly Runtime[];
  close(): Promise<void>;
}
