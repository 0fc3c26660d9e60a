const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Puts a terminal's output in order by its offsets, each byte once, however often and wherever a relay sends it (protocol section 5). */
export class OutputOrder {
  private next = 0;
  /** What came too early, for instance on another socket: by its offset. No more than the device may send unread. */
  private readonly ahead = new Map<number, string>();

  /** The offset of what is to come next. */
  get received(): number {
    return this.next;
  }

  /** @returns what may be shown now; empty where all of it is old, or too early */
  take(text: string, offset: number): string {
    if (offset > this.next) {
      this.ahead.set(offset, text);
      return '';
    }
    let fresh = this.advance(text, offset);
    if (fresh === '') return '';
    for (let [early, later] = this.due(); later !== undefined; [early, later] = this.due()) {
      this.ahead.delete(early);
      fresh += this.advance(later, early);
    }
    return fresh;
  }

  private due(): readonly [number, string | undefined] {
    for (const [offset, text] of this.ahead) if (offset <= this.next) return [offset, text];
    return [this.next, undefined];
  }

  private advance(text: string, offset: number): string {
    const bytes = encoder.encode(text);
    const known = this.next - offset;
    if (bytes.length <= known) return '';
    this.next = offset + bytes.length;
    return known === 0 ? text : decoder.decode(bytes.subarray(known));
  }
}
