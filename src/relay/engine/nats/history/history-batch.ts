import type { Runtime } from '../../../../protocol/index.js';

/** One event, or a hole, as it lies in a stream. */
export interface BatchEntry {
  readonly seq: number;
  /** Equals `seq` but for holes. */
  readonly through: number;
  readonly type: string;
  /** Undefined: a hole. */
  readonly frame: string | undefined;
  readonly keep?: string | undefined;
  /** What `keep` keeps in place of the frame. */
  readonly keepText?: string | undefined;
  readonly drop?: string | undefined;
}

/** Events of one runtime and epoch that follow each other. */
export interface HistoryBatch {
  readonly runtime: Runtime;
  readonly epoch: string;
  readonly entries: readonly BatchEntry[];
}

interface Extra {
  readonly through?: number;
  readonly keep?: string;
  readonly text?: string;
  readonly drop?: string;
}

/** `[seq, type, UTF-16 units of the frame]`; -1: a hole. */
type Row = readonly [seq: number, type: string, units: number, extra?: Extra];

interface Head extends Pick<HistoryBatch, 'runtime' | 'epoch'> {
  readonly entries: readonly Row[];
}

const HOLE = -1;

/** A line of JSON that says what the frames are, and then the frames, one behind the other, as they are. */
export function encodeBatch({ runtime, epoch, entries }: HistoryBatch): Uint8Array {
  const { agent_id, conversation_id } = runtime;
  const head: Head = { runtime: { agent_id, conversation_id }, epoch, entries: entries.map(rowOf) };
  return Buffer.from(`${JSON.stringify(head)}\n${entries.map(({ frame }) => frame ?? '').join('')}`);
}

/** @throws SyntaxError for what is no batch */
export function decodeBatch(body: Uint8Array): HistoryBatch {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  const end = text.indexOf('\n');
  const { runtime, epoch, entries: rows } = JSON.parse(text.slice(0, end)) as Head;
  let at = end + 1;
  const entries = rows.map(([seq, type, units, extra = {}]): BatchEntry => {
    const { through = seq, keep, text: keepText, drop } = extra;
    if (units === HOLE) return { seq, through, type, frame: undefined };
    return { seq, through, type, frame: text.slice(at, (at += units)), keep, keepText, drop };
  });
  return { runtime, epoch, entries };
}

function rowOf({ seq, through, type, frame, keep, keepText, drop }: BatchEntry): Row {
  const extra: Extra = {
    ...(through === seq ? {} : { through }),
    ...(keep === undefined ? {} : { keep }),
    ...(keepText === undefined ? {} : { text: keepText }),
    ...(drop === undefined ? {} : { drop }),
  };
  const units = frame?.length ?? HOLE;
  return Object.keys(extra).length === 0 ? [seq, type, units] : [seq, type, units, extra];
}
