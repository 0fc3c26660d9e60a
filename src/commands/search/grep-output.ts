import { isRecord } from '../../protocol/index.js';

/** A line of a file, as ripgrep shows it. */
export interface ShownLine {
  readonly kind: 'match' | 'context';
  /** Number, from 1. */
  readonly line: number;
  /** Without the end of the line. */
  readonly bytes: Buffer;
  /** Where it matches, in bytes. */
  readonly spans: readonly { readonly start: number; readonly end: number }[];
}

export type GrepOutput =
  | { readonly kind: 'begin'; readonly path: string }
  | ShownLine
  | { readonly kind: 'end' }
  | { readonly kind: 'other' };

const OTHER: GrepOutput = { kind: 'other' };

/** Reads one line of `rg --json`. Its paths are relative to the directory that is searched. */
export function readGrepOutput(json: string): GrepOutput {
  const message: unknown = JSON.parse(json);
  if (!isRecord(message) || !isRecord(message['data'])) return OTHER;
  const { type, data } = message;
  switch (type) {
    case 'begin':
      return { kind: 'begin', path: bytesOf(data['path']).toString('utf8').replace(/^\.\//, '') };
    case 'match':
    case 'context':
      return { kind: type, line: Number(data['line_number']), bytes: withoutEnd(data['lines']), spans: spansOf(data) };
    case 'end':
      return { kind: 'end' };
    default:
      return OTHER;
  }
}

/** Text, or in base64 what is no UTF-8. */
function bytesOf(value: unknown): Buffer {
  if (!isRecord(value)) return Buffer.alloc(0);
  const { text, bytes } = value;
  if (typeof text === 'string') return Buffer.from(text, 'utf8');
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : Buffer.alloc(0);
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

function withoutEnd(lines: unknown): Buffer {
  const bytes = bytesOf(lines);
  const noFeed = bytes.at(-1) === LINE_FEED ? bytes.subarray(0, -1) : bytes;
  return noFeed.at(-1) === CARRIAGE_RETURN ? noFeed.subarray(0, -1) : noFeed;
}

function spansOf({ submatches }: Readonly<Record<string, unknown>>): ShownLine['spans'] {
  if (!Array.isArray(submatches)) return [];
  return submatches.filter(isRecord).map(({ start, end }) => ({ start: Number(start), end: Number(end) }));
}
