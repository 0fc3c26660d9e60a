/** Colours text for a terminal, or leaves it as it is. */
export interface Paint {
  added(text: string): string;
  removed(text: string): string;
  place(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

const plain = (text: string): string => text;

/** For whatever is no terminal. */
export const NO_PAINT: Paint = { added: plain, removed: plain, place: plain, strong: plain, faint: plain };

const COLOURS: Paint = {
  added: sgr(32, 39),
  removed: sgr(31, 39),
  place: sgr(36, 39),
  strong: sgr(1, 22),
  faint: sgr(2, 22),
};

/** Colours where the stream is a terminal that has some and nobody asked for none (`NO_COLOR`). */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const isWanted = (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return stream.isTTY === true && isWanted ? COLOURS : NO_PAINT;
}

function sgr(on: number, off: number): (text: string) => string {
  return (text) => `\u001b[${on}m${text}\u001b[${off}m`;
}
