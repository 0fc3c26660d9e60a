import type { Runtime } from '../protocol/index.js';
import type { Database } from './database.js';
import type { JournalEntry } from './journal.js';
import { entriesOf, sizesOf } from './read-run.js';
import { type StoredText, textOf } from './sql-text.js';

/** What a log knows of an entry without its frame. */
export interface EntryMark {
  readonly position: number;
  readonly seq: number;
  readonly through: number;
  readonly total: number;
  readonly at: number;
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

type EntryColumns = readonly [
  position: number,
  epoch: number,
  seq: number,
  through: number,
  type: StoredText,
  frame: StoredText | null,
  sizes: string | null,
];
type MarkColumns = readonly [
  position: number,
  seq: number,
  through: number,
  total: number,
  at: number,
  sizes: string | null,
];
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

/** Where the run begins that holds a position. */
const RUN_OF = '(SELECT MAX(position) FROM entries WHERE log=? AND position<=?)';

/** Reads a journal's file, on a connection of its own that only reads. Statements are prepared once. */
export class JournalReader {
  private readonly entries: Rows<EntryColumns>;
  private readonly marks: Rows<MarkColumns>;
  private readonly keptFrames: Rows<readonly [StoredText, StoredText]>;

  constructor(private readonly database: Database) {
    this.entries = this.prepare(
      `SELECT position, epoch, seq, through, type, frame, sizes FROM entries
       WHERE log=? AND position>=${RUN_OF} AND position<=? ORDER BY position`,
    );
    this.marks = this.prepare(
      `SELECT position, seq, through, total, at, sizes FROM entries
       WHERE log=? AND position=${RUN_OF}`,
    );
    this.keptFrames = this.prepare('SELECT name, frame FROM kept WHERE log=? ORDER BY position');
  }

  /** The entries from one position to another. @param epochs names by number */
  between(log: number, from: number, to: number, epochs: ReadonlyMap<number, string>): JournalEntry[] {
    const found: JournalEntry[] = [];
    let next = from;
    for (const row of this.entries.all([log, log, from, to])) {
      const [position, ordinal, seq, through, type, frame, sizes] = row;
      const epoch = epochs.get(ordinal) ?? '';
      const whole = {
        position,
        epoch,
        seq,
        through,
        type: textOf(type),
        frame: frame === null ? undefined : textOf(frame),
      };
      for (const entry of entriesOf(whole, sizesOf(sizes))) {
        if (entry.position < next || entry.position > to) continue;
        found.push(entry);
        next = entry.position + 1;
      }
    }
    return found;
  }

  /** What is known of the entry at a position; undefined where it is not kept. */
  mark(log: number, position: number): EntryMark | undefined {
    const [row] = this.marks.all([log, log, position]);
    return row && markOf(row, position);
  }

  kept(log: number): Map<string, string> {
    return new Map(this.keptFrames.all([log]).map(([name, frame]) => [textOf(name), textOf(frame)]));
  }

  /** Every log, the one that was silent longest first. */
  logs(): LogRow[] {
    const rows = this.prepare<LogColumns>(
      `SELECT id, scope, agent, conversation, oldest, head, dropped, total, released, turn,
         (SELECT e.at FROM entries e WHERE e.log=logs.id AND e.position<=logs.oldest ORDER BY e.position DESC LIMIT 1)
       FROM logs ORDER BY turn`,
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

/** What a row knows of the entry at a position. */
function markOf([first, seq, through, total, at, sizes]: MarkColumns, position: number): EntryMark | undefined {
  const each = sizesOf(sizes);
  if (!each) return position === first ? { position, seq, through, total, at } : undefined;
  const index = position - first;
  if (index >= each.length) return undefined;
  const after = each.slice(index + 1).reduce((sum, size) => sum + size, 0);
  return { position, seq: seq + index, through: seq + index, total: total - after, at };
}
