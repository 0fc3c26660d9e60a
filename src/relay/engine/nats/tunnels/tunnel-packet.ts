/** What a packet is for. Those that carry something are numbered; the others only say where their sender stands. */
export type PacketKind =
  /** A message, or the last part of one. */
  | 'text'
  /** A binary message came, which nobody reads. */
  | 'binary'
  /** A part of a message; more follow. */
  | 'part'
  /** The end: code and reason. */
  | 'close'
  | 'acknowledge'
  /** Where do you stand? And send again what is missing here. */
  | 'ask'
  /** The answer to that. */
  | 'state'
  /** There is no such tunnel here any more. */
  | 'gone';

/** One message on the bus between two nodes. */
export interface Packet {
  /** Of the tunnel. */
  readonly id: string;
  readonly kind: PacketKind;
  /** Counts the numbered packets of one direction, from 1; 0 on the others. */
  readonly seq: number;
  /** Up to where its sender has received what comes the other way. */
  readonly received: number;
  /** Up to where that has left its sender, or has been handled there; never more than `received`. */
  readonly taken: number;
  readonly body: Uint8Array;
}

const LETTERS: Readonly<Record<PacketKind, string>> = {
  text: 't',
  binary: 'b',
  part: 'p',
  close: 'c',
  acknowledge: 'a',
  ask: 'q',
  state: 's',
  gone: 'g',
};
const KINDS: ReadonlyMap<string, PacketKind> = new Map(
  (Object.keys(LETTERS) as PacketKind[]).map((kind) => [LETTERS[kind], kind]),
);
const NEWLINE = 0x0a;
const NOTHING = new Uint8Array();
/** `id kind seq received taken`, then the body. */
const HEADER = /^(\S+) (\S) (\d+) (\d+) (\d+)$/;

/** Bytes that a packet has beside its body, at most. */
export const MOST_HEADER_BYTES = 256;

export function encodePacket({ id, kind, seq, received, taken, body }: Packet): Uint8Array {
  const header = Buffer.from(`${id} ${LETTERS[kind]} ${seq} ${received} ${taken}\n`, 'latin1');
  return body.length === 0 ? header : Buffer.concat([header, body]);
}

/** Undefined for what is no packet, or of a kind that a newer node knows. */
export function decodePacket(bytes: Uint8Array): Packet | undefined {
  const end = bytes.indexOf(NEWLINE);
  if (end < 0 || end > MOST_HEADER_BYTES) return undefined;
  const header = HEADER.exec(Buffer.from(bytes.buffer, bytes.byteOffset, end).toString('latin1'));
  const kind = KINDS.get(header?.[2] ?? '');
  if (!header || !kind) return undefined;
  const [id = '', , seq, received, taken] = header.slice(1);
  const body = end + 1 < bytes.length ? bytes.subarray(end + 1) : NOTHING;
  return { id, kind, seq: Number(seq), received: Number(received), taken: Number(taken), body };
}
