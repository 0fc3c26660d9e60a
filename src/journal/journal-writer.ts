import LibsqlAsync from 'libsql/promise';

/** A connection whose `exec` runs on a thread of its own; its prepared statements would not. */
interface Connection {
  readonly inTransaction: boolean;
  exec(sql: string): Promise<void>;
  close(): void;
}

/** ms that a statement waits for another connection to the file. */
const BUSY_TIMEOUT_MS = 5_000;
const SETTINGS = `PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=0`;
/** What may lie in the write-ahead log before it is brought into the file. */
const CHECKPOINT_AFTER_BYTES = 4 * 1024 * 1024;
/** What a small transaction takes there: a few pages, each as a whole. */
const TRANSACTION_BYTES = 16 * 1024;

/**
 * Writes to a database file without holding up the event loop. Checkpoints are part of it, because they wait for the disk;
 * they stand between transactions, so that each empties the write-ahead log. One call at a time.
 */
export class JournalWriter {
  private readonly connection: Connection;
  private isSet = false;
  private loggedBytes = 0;

  constructor(file: string) {
    this.connection = new LibsqlAsync(file, {}) as unknown as Connection;
  }

  /** @param sql one whole transaction; when it fails nothing of it remains */
  async write(sql: string): Promise<void> {
    if (!this.isSet) await this.connection.exec(SETTINGS);
    this.isSet = true;
    try {
      await this.connection.exec(sql);
    } catch (error) {
      if (this.connection.inTransaction) await this.connection.exec('ROLLBACK');
      throw error;
    }
    this.loggedBytes += sql.length + TRANSACTION_BYTES;
    if (this.loggedBytes >= CHECKPOINT_AFTER_BYTES) await this.checkpoint('PASSIVE');
  }

  async close(): Promise<void> {
    try {
      await this.checkpoint('TRUNCATE');
    } finally {
      this.connection.close();
    }
  }

  private async checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): Promise<void> {
    await this.connection.exec(`PRAGMA wal_checkpoint(${mode})`);
    this.loggedBytes = 0;
  }
}
