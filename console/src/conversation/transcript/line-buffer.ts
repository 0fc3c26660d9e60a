/** Where a line of output was written. */
export type OutputStream = 'stdout' | 'stderr';

/** UTF-16 units after which a line goes on in the next row: no row is too wide to be drawn. */
const MAX_LINE = 2_000;

/** What one buffer keeps, in UTF-16 units, unless the constructor is told otherwise: 32 Mi. */
const MAX_LENGTH = 32 * 1024 * 1024;

export interface OutputLine {
  readonly text: string;
  readonly stream: OutputStream;
  /** Whether the line goes on in the next one, which has no line break before it. */
  readonly goesOn: boolean;
}

/**
 * Output as lines that can be reached by number. What is appended costs what it holds, however much there is already; past its bound
 * the oldest lines are given up and counted.
 */
export class LineBuffer {
  /** Lines given up at the begin. */
  dropped = 0;
  private texts: string[] = [];
  private streams: OutputStream[] = [];
  private breaks: boolean[] = [];
  private kept = 0;
  /** Whether what comes next continues the last line. */
  private isOpen = false;

  /** @param maxLength UTF-16 units that are kept */
  constructor(private readonly maxLength = MAX_LENGTH) {}

  /** Lines that are kept. */
  get length(): number {
    return this.texts.length;
  }

  /** UTF-16 units that are kept, line breaks not counted. */
  get size(): number {
    return this.kept;
  }

  line(at: number): OutputLine | undefined {
    const text = this.texts[at];
    if (text === undefined) return undefined;
    return { text, stream: this.streams[at] ?? 'stdout', goesOn: this.breaks[at] === false };
  }

  append(text: string, stream: OutputStream = 'stdout'): void {
    // Output of the other stream never ends up inside of a line.
    if (this.isOpen && this.streams.at(-1) !== stream) this.endLine();
    let from = 0;
    while (from < text.length) {
      const at = text.indexOf('\n', from);
      const end = at < 0 ? text.length : at;
      this.extend(text.slice(from, end), stream);
      if (at >= 0) this.endLine();
      from = end + 1;
    }
    if (this.kept > this.maxLength) this.drop();
  }

  clear(): void {
    this.texts = [];
    this.streams = [];
    this.breaks = [];
    this.kept = 0;
    this.dropped = 0;
    this.isOpen = false;
  }

  /** All of it, as it was written. */
  text(): string {
    const last = this.texts.length - 1;
    return this.texts
      .map((text, at) => (this.breaks[at] === false || (at === last && this.isOpen) ? text : `${text}\n`))
      .join('');
  }

  private extend(text: string, stream: OutputStream): void {
    this.kept += text.length;
    let rest = text;
    if (!this.isOpen) this.begin(stream);
    for (;;) {
      const last = this.texts.length - 1;
      const line = this.texts[last] ?? '';
      const room = MAX_LINE - line.length;
      if (rest.length <= room) {
        this.texts[last] = line + rest;
        return;
      }
      const cut = wholeCharacters(rest, room);
      this.texts[last] = line + rest.slice(0, cut);
      this.breaks[last] = false;
      rest = rest.slice(cut);
      this.begin(stream);
    }
  }

  private begin(stream: OutputStream): void {
    this.texts.push('');
    this.streams.push(stream);
    this.breaks.push(true);
    this.isOpen = true;
  }

  private endLine(): void {
    this.isOpen = false;
  }

  /** An eighth at once, so that giving up a line costs nothing either. */
  private drop(): void {
    const target = this.maxLength - this.maxLength / 8;
    let count = 0;
    while (this.kept > target && count < this.texts.length - 1) this.kept -= this.texts[count++]?.length ?? 0;
    for (const list of [this.texts, this.streams, this.breaks]) list.splice(0, count);
    this.dropped += count;
  }
}

/** Where to cut so that no character is halved. */
function wholeCharacters(text: string, at: number): number {
  const unit = text.charCodeAt(at - 1);
  return at > 0 && unit >= 0xd800 && unit <= 0xdbff ? at - 1 : at;
}
