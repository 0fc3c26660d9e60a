import type { Journal } from '../../../../journal/index.js';
import type { Clock } from '../../../../protocol/index.js';
import type { HistoryStream } from './history-stream.js';
import type { HistorySubjects } from './history-subjects.js';

/** What a runtime's way into the stream needs of the home of its environment. */
export interface RuntimeStreamHost {
  readonly term: number;
  readonly events: HistoryStream;
  readonly records: HistoryStream;
  readonly subjects: HistorySubjects;
  /** Nothing more goes into the streams. */
  readonly isOver: boolean;
  /** Has all entries first. */
  readonly cache: Journal;
  readonly clock: Clock;
  readonly maxBatchBytes: number;
  /** What is older the stream has let go of, in ms. */
  readonly maxAgeMs: number;
  /** Whether frames that the stream does not have yet may stay in memory. */
  readonly mayHold: boolean;
  /** More waits for the stream, or less (bytes). */
  counted(bytes: number): void;
  /** Entries were stored. */
  published(entries: number, bytes: number, ms: number): void;
  /** The stream has lost entries that it had acknowledged; they are published again. */
  reverted(entries: number): void;
  /** Something failed. Resolves when it may be tried again. */
  retry(error: Error): Promise<void>;
  /** Another node is the home now. */
  fenced(): void;
}
