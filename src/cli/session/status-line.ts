/** Goes to the beginning of the line and clears it. */
const CLEAR = '\r\u001b[K';

/** A line below the output that stays only until something is written. It is not shown in the middle of a line. */
export class StatusLine {
  private isShown = false;
  private isAtLineStart = true;

  constructor(private readonly stdout: { write(text: string): boolean }) {}

  /** Shows a text, at most a terminal's width, in place of the one before. */
  show(text: string): void {
    if (!this.isAtLineStart) return;
    this.stdout.write(`${CLEAR}${text}`);
    this.isShown = true;
  }

  hide(): void {
    if (this.isShown) this.stdout.write(CLEAR);
    this.isShown = false;
  }

  /** Writes output where the line was. @returns whether there is room for more */
  write(text: string): boolean {
    this.hide();
    this.isAtLineStart = text.endsWith('\n');
    return this.stdout.write(text);
  }
}
