import type { Database } from '../../journal/index.js';

interface Waiting {
  /** @returns tells its asker, once all are committed */
  readonly write: () => () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Writes of one turn of the event loop in one transaction: a commit costs several times what a listener's registration writes, and
 * after a restart thousands come at once (reliability C25).
 */
export class WriteGroup {
  private waiting: Waiting[] = [];

  /** @param nextTurn runs something when this turn of the event loop is over */
  constructor(
    private readonly database: Database,
    private readonly nextTurn: (run: () => void) => unknown = setImmediate,
  ) {}

  /**
   * Writes with all others of this turn.
   *
   * @param write throws only when the file cannot be written: nothing of the whole group is then
   * @returns what it returned, once that is committed
   */
  together<T>(write: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length === 0) this.nextTurn(() => this.flush());
      this.waiting.push({
        write: () => {
          const written = write();
          return () => resolve(written);
        },
        failed: reject,
      });
    });
  }

  /** Writes now, after what waits. What it throws has written nothing. */
  now<T>(write: () => T): T {
    this.flush();
    return this.transaction(write);
  }

  /** Writes what waits. Never throws. */
  flush(): void {
    const group = this.waiting;
    this.waiting = [];
    if (group.length === 0) return;
    try {
      const tells = this.transaction(() => group.map(({ write }) => write()));
      for (const tell of tells) tell();
    } catch (error) {
      for (const { failed } of group) failed(error);
    }
  }

  private transaction<T>(write: () => T): T {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const written = write();
      this.database.exec('COMMIT');
      return written;
    } catch (error) {
      // A full disk has rolled back already.
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }
}
