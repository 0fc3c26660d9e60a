import type { Runtime } from '../protocol/index.js';

/** Events that retention let go of, of one runtime. */
export interface JournalDrop {
  readonly scope: string;
  readonly runtime: Runtime;
  readonly entries: number;
  /** UTF-16 units of their frames. */
  readonly bytes: number;
  /** Those among them that no reader had released yet. */
  readonly unreleased: number;
}

/** Who is told how a journal on disk is. Must not throw. */
export interface JournalObserver {
  /** What went since the last time; once per group commit at most. */
  dropped(drops: readonly JournalDrop[]): void;
  /** The disk does not take what is appended: from now on it is held in memory, and tried again. Told once. */
  degraded(error: Error): void;
  /** The disk does not give entries back; they count as dropped. */
  unreadable(error: Error): void;
  /** Everything that was held in memory is on disk. */
  recovered(): void;
  /** The journal was closed while the disk failed: this many events that no reader has released were in memory only. */
  lost(entries: number, error: Error): void;
  /** Closed with everything on disk, but not all of it in the file itself; the next one to open it brings it in. */
  unmerged(error: Error): void;
}

export const NO_JOURNAL_OBSERVER: JournalObserver = {
  dropped: () => undefined,
  degraded: () => undefined,
  unreadable: () => undefined,
  recovered: () => undefined,
  lost: () => undefined,
  unmerged: () => undefined,
};
