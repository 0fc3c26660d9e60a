/** What a terminal is sent for the keys that a phone's keyboard lacks. */
export interface RowKey {
  readonly label: string;
  /** Said to who cannot see it. */
  readonly name: string;
  /** @param isApplication whether the program has asked for the other kind of arrows */
  readonly text: (isApplication: boolean) => string;
}

function arrow(label: string, name: string, letter: string): RowKey {
  return { label, name, text: (isApplication) => (isApplication ? `\x1BO${letter}` : `\x1B[${letter}`) };
}

export const ROW_KEYS: readonly RowKey[] = [
  { label: 'Esc', name: 'Esc', text: () => '\x1B' },
  { label: 'Tab', name: 'Tab', text: () => '\t' },
  arrow('←', 'Left', 'D'),
  arrow('↓', 'Down', 'B'),
  arrow('↑', 'Up', 'A'),
  arrow('→', 'Right', 'C'),
  { label: '|', name: 'Pipe', text: () => '|' },
  { label: '/', name: 'Slash', text: () => '/' },
  { label: '~', name: 'Tilde', text: () => '~' },
];

/** A letter as it is with the Ctrl key held; what has no such form stays as it is. */
export function withControl(text: string): string {
  if (text.length !== 1) return text;
  if (text === ' ') return '\0';
  if (text === '?') return '\x7F';
  const code = text.toUpperCase().charCodeAt(0);
  return code >= 0x40 && code <= 0x5f ? String.fromCharCode(code - 0x40) : text;
}
