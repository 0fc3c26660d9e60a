import type { Runtime } from '../protocol/index.js';
import type { Database } from './database.js';
import { type StoredText, textOf } from './sql-text.js';

/** What a log knows of an entry without its frame. */
export interface EntryMark {
  readonly position: number;
  readonly seq: number;
  readonly through: number;
  readonly total: number;
  readonly at: number;
}

/** An entry as it lies on disk; its epoch by number. */
export interface StoredEntry {
  readonly position: number;
  readonly ordinal: number;
  readonly seq: number;
  readonly through: number;
  readonly type: string;
  readonly frame: string | undefined;
}

export interface StoredEpoch {
  readonly epoch: string;
  readonly ordinal: number;
  /** Position of its first entry. */
  readonly first: number;
  readonly firstSeq: number;
  /** Of its newest entry. */
  position: number;
  seq: number;
}

export interface LogRow {
  readonly id: number;
  readonly scope: string;
  readonly runtime: Runtime;
  readonly oldest: number;
  readonly head: number;
  readonly dropped: number;
  readonly total: number;
  readonly released: number;
  /** Number of its newest append among those of the whole file. */
  readonly turn: number;
  /** When the oldest kept entry was appended; 0 when none is kept. */
  readonly oldestAt: number;
}

type Marks = readonly [position: number, seq: number, through: number, total: number, at: number];
type LogColumns = readonly [
  id: number,
  scope: StoredText,
  agent: StoredText | null,
  conversation: StoredText,
  oldest: number,
  head: number,
  dropped: number,
  total: number,
  released: number,
  turn: number,
  oldestAt: number | null,
];
type EpochColumns = readonly [
  log: number,
  ordinal: number,
  epoch: StoredText,
  first: number,
  firstSeq: number,
  position: number,
  seq: number,
];
type Rows<T> = { all(values: readonly unknown[]): T[] };

/** Reads a journal's file, on a connection of its own that only reads. Statements are prepared once. */
export class JournalReader {
  private readonly entries: Rows<readonly [number, number, number, number, StoredText, StoredText | null]>;
  private readonly marks: Rows<Marks>;
  private readonly keptFrames: Rows<readonly [StoredText, StoredText]>;

  constructor(private readonly database: Database) {
    this.entries = this.prepare(
      'SELECT position, epoch, seq, through, type, frame FROM entries WHERE log=? AND position BETWEEN ? AND ? ORDER BY position',
    );
    this.marks = this.prepare(
      'SELECT position, seq, through, total, at FROM entries WHERE log=? AND position>=? ORDER BY position LIMIT ?',
    );
    this.keptFrames = this.prepare('SELECT name, frame FROM kept WHERE log=? ORDER BY position');
  }

  /** The entries from one position to another. */
  between(log: number, from: number, to: number): StoredEntry[] {
    return this.entries.all([log, from, to]).map(([position, ordinal, seq, through, type, frame]) => ({
      position,
      ordinal,
      seq,
      through,
      type: textOf(type),
      frame: frame === null ? undefined : textOf(frame),
    }));
  }

  /** What is known of the entries from a position on. */
  marksFrom(log: number, position: number, limit: number): EntryMark[] {
    return this.marks.all([log, position, limit]).map(([at, seq, through, total, time]) => ({
      position: at,
      seq,
      through,
      total,
      at: time,
    }));
  }

  kept(log: number): Map<string, string> {
    return new Map(this.keptFrames.all([log]).map(([name, frame]) => [textOf(name), textOf(frame)]));
  }

  /** Every log, the one that was silent longest first. */
  logs(): LogRow[] {
    const rows = this.prepare<LogColumns>(
      `SELECT l.id, l.scope, l.agent, l.conversation, l.oldest, l.head, l.dropped, l.total, l.released, l.turn, e.at
       FROM logs l LEFT JOIN entries e ON e.log=l.id AND e.position=l.oldest ORDER BY l.turn`,
    );
    return rows
      .all([])
      .map(([id, scope, agent, conversation, oldest, head, dropped, total, released, turn, oldestAt]) => {
        const agent_id = agent === null ? null : textOf(agent);
        const runtime = { agent_id, conversation_id: textOf(conversation) };
        const counts = { oldest, head, dropped, total, released, turn, oldestAt: oldestAt ?? 0 };
        return { id, scope: textOf(scope), runtime, ...counts };
      });
  }

  /** Every epoch by its log, oldest first. */
  epochs(): { readonly log: number; readonly epoch: StoredEpoch }[] {
    const rows = this.prepare<EpochColumns>(
      'SELECT log, ordinal, epoch, first_position, first_seq, last_position, last_seq FROM epochs ORDER BY log, ordinal',
    );
    return rows.all([]).map(([log, ordinal, epoch, first, firstSeq, position, seq]) => ({
      log,
      epoch: { epoch: textOf(epoch), ordinal, first, firstSeq, position, seq },
    }));
  }

  private prepare<T>(sql: string): Rows<T> {
    return this.database.prepare(sql).raw() as unknown as Rows<T>;
  }
}
