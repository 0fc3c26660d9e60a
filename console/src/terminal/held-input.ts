/** Characters that are kept while no link is up; what is typed beyond is refused, and that is said. */
export const MAX_HELD_LENGTH = 64 * 1024;

/** Characters of one command; a device takes up to 262,144. */
export const MAX_SENT_LENGTH = 32 * 1024;

/** What was typed and could not be sent yet, in order. */
export class HeldInput {
  private text = '';

  get length(): number {
    return this.text.length;
  }

  /** @returns false where there is no more room; then nothing of it is kept */
  add(text: string): boolean {
    if (this.text.length + text.length > MAX_HELD_LENGTH) return false;
    this.text += text;
    return true;
  }

  /** Hands over what is kept, until `send` says that it cannot be sent. */
  flush(send: (text: string) => boolean): void {
    for (const piece of piecesOf(this.text)) {
      if (!send(piece)) return;
      this.text = this.text.slice(piece.length);
    }
  }

  clear(): void {
    this.text = '';
  }
}

/** A text in pieces that each fit into a command; no character is cut in two. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; from += pieces.at(-1)?.length ?? 0) {
    const to = from + MAX_SENT_LENGTH;
    const isCut = to < text.length && /[\uD800-\uDBFF]/.test(text.charAt(to - 1));
    pieces.push(text.slice(from, isCut ? to - 1 : to));
  }
  return pieces;
}
