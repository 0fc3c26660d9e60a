/** So many at once; whoever is beyond waits, first come first served. */
export class Turnstile {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param most that may be inside at the same time */
  constructor(private readonly most: number) {}

  /** What the work resolves with, or rejects with. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside < this.most) this.inside++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Whoever waits longest takes the place.
      const next = this.waiting.shift();
      if (next) next();
      else this.inside--;
    }
  }
}
