import { extensionOf } from './paths.js';

/** Bytes that are read at once. A larger file comes in pieces, and is not edited here: it could not be compared before it is written. */
export const PIECE_BYTES = 1024 * 1024;
/** Bytes up to which an image is shown. */
export const MAX_IMAGE_BYTES = 8 * 1024 * 1024;
/** Bytes that are shown of a file that is no text. */
export const BINARY_BYTES = 4 * 1024;

/** What a file holds, as far as it was read. */
export type FileContent =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly read: number;
      readonly size: number;
      readonly hash?: string;
    }
  | { readonly kind: 'image'; readonly url: string; readonly size: number }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array; readonly size: number; readonly mediaType?: string };

/** Images that browsers show. */
const IMAGES: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  bmp: 'image/bmp',
  gif: 'image/gif',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
};

export function imageTypeOf(path: string): string | undefined {
  return IMAGES[extensionOf(path)];
}

/** UTF-16 units in which a file that is no text shows itself. */
const LOOKED_AT = 8_192;

/** Valid UTF-8 that nobody wrote as text. */
export function looksBinary(text: string): boolean {
  return text.slice(0, LOOKED_AT).includes('\0');
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

const BYTES_A_LINE = 16;

/** Offset, bytes in hex, and what of them are letters: a line for each 16. */
export function hexLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += BYTES_A_LINE) {
    const row = [...bytes.subarray(offset, offset + BYTES_A_LINE)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const letters = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${offset.toString(16).padStart(8, '0')}  ${hex.padEnd(BYTES_A_LINE * 3 - 1)}  ${letters}`);
  }
  return lines;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'];

/** As people read it: `512 bytes`, `1.5 MiB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}
