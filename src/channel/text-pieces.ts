const HIGH_SURROGATES = { first: 0xd800, last: 0xdbff };

/** Cuts a text into pieces of at most `length` UTF-16 units, between code points. */
export function* cutText(text: string, length: number): Generator<string, void> {
  for (let from = 0; from < text.length;) {
    const end = cutAt(text, from, length);
    yield text.slice(from, end);
    from = end;
  }
}

/**
 * Encodes an object as JSON and gives the text piece by piece. A long text in it is encoded as it is taken, so that nothing
 * waits for all of it, and it is never there a second time.
 *
 * @param length most UTF-16 units of a piece
 */
export function* encodeInPieces(frame: object, length: number): Generator<string, void> {
  let waiting = '';
  for (const part of encodeParts(frame, length)) {
    waiting += part;
    while (waiting.length > length) {
      const end = cutAt(waiting, 0, length);
      yield waiting.slice(0, end);
      waiting = waiting.slice(end);
    }
  }
  if (waiting !== '') yield waiting;
}

function* encodeParts(frame: object, length: number): Generator<string, void> {
  let separator = '{';
  for (const [name, value] of Object.entries(frame) as [string, unknown][]) {
    const isLong = typeof value === 'string' && value.length > length;
    const encoded = isLong ? '' : JSON.stringify(value);
    if (encoded === undefined) continue;
    yield `${separator}${JSON.stringify(name)}:${encoded}`;
    separator = ',';
    if (isLong) yield* encodeLong(value, length);
  }
  yield separator === '{' ? '{}' : '}';
}

/** Cut between code points, the pieces of a text are encoded as the whole would be. */
function* encodeLong(text: string, length: number): Generator<string, void> {
  yield '"';
  for (const piece of cutText(text, length)) yield JSON.stringify(piece).slice(1, -1);
  yield '"';
}

function cutAt(text: string, from: number, length: number): number {
  const end = from + length;
  if (end >= text.length) return text.length;
  const last = text.charCodeAt(end - 1);
  const splitsPair = last >= HIGH_SURROGATES.first && last <= HIGH_SURROGATES.last;
  // A piece holds one whole code point at least, whatever length was asked for.
  if (!splitsPair) return end;
  return end - 1 > from ? end - 1 : end + 1;
}
