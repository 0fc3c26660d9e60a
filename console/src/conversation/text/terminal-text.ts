/** A piece of a line of output; `style` is made of class names. */
export interface StyledText {
  readonly text: string;
  readonly style: string;
}

const ESC = String.fromCharCode(27);
const BEL = String.fromCharCode(7);
/** Select graphic rendition; any other control sequence; titles and links; and what remains of two characters. */
const SEQUENCES = new RegExp(
  `${ESC}\\[([\\d;:]*)m|${ESC}\\[[\\d;?<=>! ]*[@-~]|${ESC}\\][^${BEL}${ESC}]*(?:${BEL}|${ESC}\\\\)?|${ESC}.?`,
  'g',
);
const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** A line as a terminal would leave it: colours as styles, what a carriage return overwrote left out, other controls obeyed by nobody. */
export function terminalLine(line: string): readonly StyledText[] {
  const shown = overwritten(line);
  if (!shown.includes(ESC)) return [{ text: shown, style: '' }];
  const pieces: StyledText[] = [];
  const styles = new Set<string>();
  let from = 0;
  for (const found of shown.matchAll(SEQUENCES)) {
    add(pieces, shown.slice(from, found.index), styles);
    if (found[0].endsWith('m') && found[1] !== undefined) obey(found[1], styles);
    from = found.index + found[0].length;
  }
  add(pieces, shown.slice(from), styles);
  return pieces;
}

/** A progress line writes itself anew again and again. */
function overwritten(line: string): string {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  return text.slice(text.lastIndexOf('\r') + 1);
}

function add(pieces: StyledText[], text: string, styles: ReadonlySet<string>): void {
  if (text !== '') pieces.push({ text, style: [...styles].join(' ') });
}

function obey(parameters: string, styles: Set<string>): void {
  for (const code of parameters.split(/[;:]/).map(Number)) {
    if (code === 0) styles.clear();
    if (code === 1) styles.add('out--strong');
    if (code === 2) styles.add('out--faint');
    if (code === 22) for (const style of ['out--strong', 'out--faint']) styles.delete(style);
    const colour = colourOf(code);
    if (colour === undefined && code !== 39) continue;
    for (const one of COLOURS) styles.delete(`out--${one}`);
    if (colour !== undefined) styles.add(`out--${colour}`);
  }
}

function colourOf(code: number): string | undefined {
  if (code >= 30 && code <= 37) return COLOURS[code - 30];
  return code >= 90 && code <= 97 ? COLOURS[code - 90] : undefined;
}
