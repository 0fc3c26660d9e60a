/** What a newer snapshot of a text adds to the last one. */
export interface Growth {
  readonly text: string;
  /** The text is not what was shown before plus more: it takes its place. */
  readonly replaces: boolean;
}

/** Turns snapshots of a growing text, such as a tool's output, into what is new. */
export class GrowingText {
  private shown = '';

  /** Undefined when nothing is new. */
  next(snapshot: string): Growth | undefined {
    if (snapshot === this.shown) return undefined;
    const grows = snapshot.startsWith(this.shown);
    const text = grows ? snapshot.slice(this.shown.length) : snapshot;
    this.shown = snapshot;
    return { text, replaces: !grows };
  }
}
