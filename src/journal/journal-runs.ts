import { sqlText, sqlTextOfAll } from './sql-text.js';
import type { HeldEntry, StoredLog } from './stored-log.js';

/** Entries of one log that lie in one row. */
interface Run {
  readonly first: HeldEntry;
  last: HeldEntry;
  readonly frames: string[];
  bytes: number;
}

/** What a reader takes in one go is no more: a row is read as a whole. */
const MAX_RUN = 64;
const MAX_RUN_BYTES = 32 * 1024;

/** Puts entries together into rows: one row for each would cost more than all the rest of a commit. */
export class Runs {
  private readonly runs: Run[] = [];
  /** Of each log, the run that its next entry may belong to. */
  private readonly open = new Map<StoredLog, Run>();

  /** Of one log in the order of its positions. */
  add(held: HeldEntry): void {
    const { log, entry } = held;
    const run = this.open.get(log);
    if (run && entry.frame !== undefined && goesOn(run, held)) {
      run.last = held;
      run.frames.push(entry.frame);
      run.bytes += entry.frame.length;
      return;
    }
    const { frame } = entry;
    const begun: Run = {
      first: held,
      last: held,
      frames: frame === undefined ? [] : [frame],
      bytes: frame?.length ?? 0,
    };
    this.runs.push(begun);
    this.open.set(log, begun);
  }

  /** As values of SQL, with commas between them; put together without a copy. */
  rows(): string {
    let rows = '';
    for (const run of this.runs) rows += `${rows === '' ? '' : ','}${rowOf(run)}`;
    return rows;
  }
}

function goesOn({ first, last, frames, bytes }: Run, { entry, span, at }: HeldEntry): boolean {
  return (
    first.span === span &&
    first.at === at &&
    first.entry.type === entry.type &&
    frames.length > 0 &&
    frames.length < MAX_RUN &&
    bytes + (entry.frame?.length ?? 0) <= MAX_RUN_BYTES &&
    entry.position === last.entry.position + 1 &&
    entry.seq === last.entry.through + 1
  );
}

function rowOf({ first, last, frames }: Run): string {
  const { position, seq, type } = first.entry;
  const frame = frames.length === 0 ? 'NULL' : sqlTextOfAll(frames);
  const sizes = frames.length > 1 ? `'${frames.map(({ length }) => length).join(',')}'` : 'NULL';
  const { log, span, at } = first;
  return `(${log.id},${position},${span.ordinal},${seq},${last.entry.through},${last.total},${at},${sqlText(type)},${frame},${Math.max(1, frames.length)},${sizes})`;
}
