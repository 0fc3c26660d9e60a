/** Full jitter: a random wait up to a ceiling that doubles with each attempt (protocol section 2). Times in ms. */
export class Backoff {
  private attempts = 0;

  constructor(
    private readonly minMs: number,
    private readonly maxMs: number,
    private readonly random: () => number = () => Math.random(),
  ) {}

  /** How long to wait before the next attempt. */
  next(): number {
    const ceiling = Math.min(this.maxMs, this.minMs * 2 ** this.attempts++);
    return Math.round(this.random() * ceiling);
  }

  reset(): void {
    this.attempts = 0;
  }
}
