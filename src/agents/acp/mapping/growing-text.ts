import { createHash } from 'node:crypto';

/** What a newer snapshot of a text adds to the last one. */
export interface Growth {
  readonly text: string;
  /** The text is not what was shown before plus more: it takes its place. */
  readonly replaces: boolean;
}

/** Turns snapshots of a growing text, such as a tool's output, into what is new. Of what was shown it keeps length and digest only. */
export class GrowingText {
  private length = 0;
  private digest = digestOf('');

  /** Undefined when nothing is new. */
  next(snapshot: string): Growth | undefined {
    const { length } = this;
    const grows = snapshot.length >= length && digestOf(snapshot.slice(0, length)) === this.digest;
    if (grows && snapshot.length === length) return undefined;
    this.length = snapshot.length;
    this.digest = digestOf(snapshot);
    return { text: grows ? snapshot.slice(length) : snapshot, replaces: !grows };
  }
}

/** Of its UTF-16 units: a text may be cut within a character. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf16le').digest('base64');
}
