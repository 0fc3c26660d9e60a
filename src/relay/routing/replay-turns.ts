/** Asks again for what it waited for. */
export type Wake = () => void;

/**
 * Reads of old events, of all clients of this relay: so many in one turn of the event loop, because each waits for the disk and everybody
 * else with it. Whoever is beyond waits for a later turn, first come first served; one that read goes to the end of the line.
 */
export class ReplayTurns {
  private left: number;
  private readonly waiting = new Set<Wake>();
  /** Whose turn it is, and who has not read yet. */
  private readonly called = new Set<Wake>();
  private isScheduled = false;

  /**
   * @param perTurn reads in one turn
   * @param waits told of each that has to wait
   * @param nextTurn runs something in the next turn of the event loop
   */
  constructor(
    private readonly perTurn: number,
    private readonly waits: () => void = () => {},
    private readonly nextTurn: (run: () => void) => unknown = setImmediate,
  ) {
    this.left = perTurn;
  }

  /** Whether this reader may read once, now; else it is woken when it may. */
  admits(wake: Wake): boolean {
    if (this.called.delete(wake)) return true;
    this.schedule();
    if (this.waiting.size === 0 && this.left > 0) {
      this.left--;
      return true;
    }
    if (!this.waiting.has(wake)) this.waits();
    this.waiting.add(wake);
    return false;
  }

  /** Resolves when it is the caller's turn to read once. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        if (this.admits(wake)) resolve();
      };
      wake();
    });
  }

  /** The reader is gone. */
  leave(wake: Wake): void {
    this.waiting.delete(wake);
    this.called.delete(wake);
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.nextTurn(() => this.begin());
  }

  private begin(): void {
    this.isScheduled = false;
    this.left = this.perTurn;
    for (const wake of this.waiting) {
      if (this.left === 0) break;
      this.left--;
      this.waiting.delete(wake);
      this.called.add(wake);
      wake();
    }
    if (this.left < this.perTurn) this.schedule();
  }
}
