/**
 * The text of one message, as far as it is new. An agent whose model stream broke sends the whole message again under its
 * old id, after a pause or after something else: what is known of it then is held back until it goes beyond.
 */
export class MessageText {
  private shown = '';
  /** What has come of the message since it began again; undefined while it goes on. */
  private again: string | undefined;
  private interrupted = false;

  /**
   * @param paused whether it had been quiet for so long that the message may begin again
   * @returns what is to be shown
   */
  next(chunk: string, paused: boolean): string {
    if (chunk === '') return '';
    if ((paused || this.interrupted) && this.isBeginning(chunk)) this.again = '';
    this.interrupted = false;
    if (this.again === undefined) return this.show(chunk);
    const again = this.again + chunk;
    if (again.startsWith(this.shown)) {
      this.again = undefined;
      return this.show(again.slice(this.shown.length));
    }
    this.again = again;
    // Not the same text after all: then it was never a repetition.
    return this.shown.startsWith(again) ? '' : this.release();
  }

  /** Something other than this message came. */
  interrupt(): void {
    this.interrupted = true;
  }

  /** Hands out what was held back, when no more comes. */
  release(): string {
    const held = this.again ?? '';
    this.again = undefined;
    return this.show(held);
  }

  private isBeginning(chunk: string): boolean {
    return this.shown !== '' && (this.shown.startsWith(chunk) || chunk.startsWith(this.shown));
  }

  private show(text: string): string {
    this.shown += text;
    return text;
  }
}
