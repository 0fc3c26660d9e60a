import { setImmediate as nextTurn } from 'node:timers/promises';
import { cutText } from '../../channel/index.js';
import { CommandError } from '../command.error.js';

/**
 * Decodes bytes as UTF-8, a byte order mark kept.
 *
 * @throws CommandError in the words of stock listeners when they are no UTF-8
 */
export function decodeText(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CommandError(
      'COMMAND_FAILED',
      `File is not valid UTF-8 text: ${path}. The file contains bytes that cannot be decoded as UTF-8.`,
      { cause },
    );
  }
}

/** UTF-16 units that are measured in one go. */
const MEASURED_AT_ONCE = 1024 * 1024;
/** Its quotes. */
const QUOTES_BYTES = 2;

/** Bytes of a text as JSON. Other work gets its turn while a long one is measured. */
export async function encodedBytes(text: string): Promise<number> {
  let bytes = QUOTES_BYTES;
  for (const piece of cutText(text, MEASURED_AT_ONCE)) {
    bytes += Buffer.byteLength(JSON.stringify(piece)) - QUOTES_BYTES;
    if (text.length > MEASURED_AT_ONCE) await nextTurn();
  }
  return bytes;
}

/** How many of these bytes end with a whole character. */
export function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    const isContinuation = (byte & 0b1100_0000) === 0b1000_0000;
    if (!isContinuation) return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function sequenceLength(lead: number): number {
  if (lead >= 0b1111_0000) return 4;
  if (lead >= 0b1110_0000) return 3;
  return lead >= 0b1100_0000 ? 2 : 1;
}
