import { encodeFrame, isLarger, isRecord } from '../protocol/index.js';

/** Stands at the end of a text that was cut, so that whoever reads it knows. */
export const CUT_MARK = '… [cut: too large for one frame]';
/** Parts that would get less than this many bytes each are left out at the end instead. */
const LEAST_PART_BYTES = 128;
/** Quotes of a text, brackets of a list or an object. */
const ENDS_BYTES = 2;

interface Part {
  readonly value: unknown;
  /** Bytes of its value. */
  readonly size: number;
  /** Bytes of its name and of what separates it. */
  readonly around: number;
}

/**
 * Encodes a payload, cut down to what one frame holds where it is larger (protocol section 6): its largest parts first. It says
 * so: texts end in `CUT_MARK`, and `cut_bytes` counts what is missing.
 *
 * @param seal puts around a payload what cannot be cut
 * @param whole all of it, sealed, where that is encoded already
 */
export function encodeToFit(
  payload: object,
  maxBytes: number,
  seal: (payload: object) => object,
  whole = encodeFrame(seal(payload)),
): string {
  if (!isLarger(whole, maxBytes)) return whole;
  const plain: unknown = JSON.parse(encodeFrame(payload));
  const size = sizeOf(plain);
  const cut = fit(plain, maxBytes - sizeOf(seal({ cut_bytes: size })));
  return encodeFrame(seal({ ...(cut as object), cut_bytes: size - sizeOf(cut) }));
}

/** Bytes of a value as JSON. */
function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** A value of the same kind in at most `room` bytes. */
function fit(value: unknown, room: number): unknown {
  if (sizeOf(value) <= room) return value;
  if (typeof value === 'string') return fitText(value, room);
  if (Array.isArray(value)) {
    const parts = value.map((item: unknown) => ({ value: item, size: sizeOf(item), around: 1 }));
    return fitParts(parts, room);
  }
  if (!isRecord(value)) return null;
  const names = Object.keys(value);
  const parts = names.map((name) => ({ value: value[name], size: sizeOf(value[name]), around: sizeOf(name) + 2 }));
  return Object.fromEntries(fitParts(parts, room).map((part, index) => [names[index], part]));
}

/** Large parts share what small ones leave; of too many, the last are left out. */
function fitParts(parts: readonly Part[], room: number): unknown[] {
  let left = room - ENDS_BYTES;
  let least = 0;
  const kept = parts.filter(({ size, around }) => {
    least += around + Math.min(size, LEAST_PART_BYTES);
    if (least > left) least = Infinity;
    return least <= left;
  });
  for (const { around } of kept) left -= around;
  const share = shareOf(
    kept.map(({ size }) => size),
    left,
  );
  return kept.map(({ value, size }) => (size <= share ? value : fit(value, share)));
}

/** The most that each may have, so that together they have no more than there is. */
function shareOf(sizes: readonly number[], total: number): number {
  let left = total;
  let sharers = sizes.length;
  for (const size of sizes.toSorted((a, b) => a - b)) {
    if (size * sharers > left) return Math.floor(left / sharers);
    left -= size;
    sharers--;
  }
  return Infinity;
}

function fitText(text: string, room: number): string {
  const most = room - sizeOf(CUT_MARK) + ENDS_BYTES;
  let kept = text;
  for (let size = sizeOf(kept); kept !== '' && size > most; size = sizeOf(kept))
    kept = clip(kept, Math.floor((kept.length * Math.max(0, most - ENDS_BYTES)) / size));
  return sizeOf(kept + CUT_MARK) <= room ? kept + CUT_MARK : '';
}

/** Between two characters, not inside one. */
function clip(text: string, length: number): string {
  const isSplit = /[\uD800-\uDBFF]/.test(text.charAt(length - 1));
  return text.slice(0, isSplit ? length - 1 : length);
}
