const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What may be shown now. */
export interface OrderedOutput {
  /** Bytes that are left out before `text`: they did not come, though too much of what follows them did. */
  readonly missing: number;
  /** Empty where all that came is old, or too early. */
  readonly text: string;
}

interface Early {
  readonly text: string;
  readonly bytes: number;
}

/** Puts a terminal's output in order by its offsets, each byte once, however often and wherever a relay sends it (protocol section 5). */
export class OutputOrder {
  private next = 0;
  /** What came too early, for instance on another socket: by its offset. */
  private readonly ahead = new Map<number, Early>();
  private aheadBytes = 0;

  /** @param maxAheadBytes of what came too early; beyond, what it waits for is given up */
  constructor(private readonly maxAheadBytes: number) {}

  /** The offset of what is to come next. */
  get received(): number {
    return this.next;
  }

  take(text: string, offset: number): OrderedOutput {
    if (offset <= this.next) return { missing: 0, text: this.goOn(text, offset) };
    this.keep(text, offset);
    if (this.aheadBytes <= this.maxAheadBytes) return { missing: 0, text: '' };
    const missing = [...this.ahead.keys()].reduce((least, each) => Math.min(least, each)) - this.next;
    this.next += missing;
    return { missing, text: this.follow() };
  }

  private keep(text: string, offset: number): void {
    const bytes = encoder.encode(text).length;
    const known = this.ahead.get(offset)?.bytes ?? 0;
    if (bytes <= known) return;
    this.ahead.set(offset, { text, bytes });
    this.aheadBytes += bytes - known;
  }

  private goOn(text: string, offset: number): string {
    const fresh = this.advance(text, offset);
    return fresh === '' ? '' : fresh + this.follow();
  }

  /** What came early and is due. */
  private follow(): string {
    let text = '';
    for (const [offset, early] of [...this.ahead].toSorted(([a], [b]) => a - b)) {
      if (offset > this.next) break;
      this.ahead.delete(offset);
      this.aheadBytes -= early.bytes;
      text += this.advance(early.text, offset);
    }
    return text;
  }

  private advance(text: string, offset: number): string {
    const bytes = encoder.encode(text);
    const known = this.next - offset;
    if (bytes.length <= known) return '';
    this.next = offset + bytes.length;
    return known === 0 ? text : decoder.decode(bytes.subarray(known));
  }
}
