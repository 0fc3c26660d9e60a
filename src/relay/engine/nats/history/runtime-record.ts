import type { Runtime } from '../../../../protocol/index.js';

/** The numbers of one epoch, kept or not any more. */
export interface RecordedEpoch {
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
}

/** What of a runtime outlives its events in the stream; written before these go. */
export interface RuntimeRecord {
  readonly runtime: Runtime;
  /** Includes the events up to this message of their subject. */
  readonly sequence: number;
  /** When the newest of them was stored, epoch ms. */
  readonly at: number;
  /** Oldest first. */
  readonly epochs: readonly RecordedEpoch[];
  /** The oldest event that is kept; undefined: none of those included. */
  readonly oldest: { readonly epoch: string; readonly seq: number } | undefined;
  /** What `keep` has kept, by name, in the order of its appends. */
  readonly kept: readonly (readonly [name: string, text: string])[];
}

export function encodeRecord(record: RuntimeRecord): Uint8Array {
  return Buffer.from(JSON.stringify(record));
}

/** @throws SyntaxError for what is no record */
export function decodeRecord(body: Uint8Array): RuntimeRecord {
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as RuntimeRecord;
}

/** Whether an event is older than all that a record says is kept. Epochs it does not know went before. */
export function isGone({ epochs, oldest }: RuntimeRecord, epoch: string, through: number): boolean {
  if (!oldest) return true;
  if (epoch === oldest.epoch) return through < oldest.seq;
  const ordinalOf = (name: string): number => epochs.findIndex((known) => known.epoch === name);
  return ordinalOf(epoch) < ordinalOf(oldest.epoch);
}
