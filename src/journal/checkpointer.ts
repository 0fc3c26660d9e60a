import LibsqlAsync from 'libsql/promise';

/** A connection whose `exec` runs on a thread of its own. */
interface Connection {
  exec(sql: string): Promise<void>;
  close(): void;
}

/** Small commits take some tens of KiB each in the write-ahead log, so it stays below some 20 MiB. */
const COMMITS_PER_CHECKPOINT = 256;

/** A log is begun anew only when all of it was brought in, so what was committed meanwhile is brought in too; so often in a row. */
const MAX_ROUNDS = 8;

/**
 * Brings the write-ahead log of a database into its file, off the event loop: a checkpoint is the one part of small commits
 * that waits for the disk. Turn `wal_autocheckpoint` off on the connection that writes.
 */
export class Checkpointer {
  private connection: Connection | undefined;
  private commits = 0;
  private underWay: Promise<void> | undefined;
  private closed = false;

  /** @param failed a checkpoint failed; the next one is tried after as many commits */
  constructor(
    private readonly file: string,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** A commit was made. */
  committed(): void {
    if (++this.commits < COMMITS_PER_CHECKPOINT || this.underWay || this.closed) return;
    this.underWay = this.checkpoint()
      .catch((error: unknown) => {
        this.commits = 0;
        this.failed(error);
      })
      .finally(() => {
        this.underWay = undefined;
        if (this.closed) this.connection?.close();
      });
  }

  /** Resolves when no checkpoint is under way. */
  async untilIdle(): Promise<void> {
    await this.underWay;
  }

  /** At once, or when the checkpoint under way has ended. */
  close(): void {
    this.closed = true;
    if (!this.underWay) this.connection?.close();
  }

  private async checkpoint(): Promise<void> {
    this.connection ??= new LibsqlAsync(this.file, {}) as unknown as Connection;
    for (let round = 0; this.commits > 0 && round < MAX_ROUNDS && !this.closed; round++) {
      this.commits = 0;
      // Passive: writers go on meanwhile.
      await this.connection.exec('PRAGMA wal_checkpoint(PASSIVE)');
    }
  }
}
