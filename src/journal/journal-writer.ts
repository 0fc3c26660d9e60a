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
/** What is in the write-ahead log before it is brought into the file, beside the commits. */
const CHECKPOINT_AFTER_BYTES = 4 * 1024 * 1024;
/** What is in it before commits wait for that, so that it begins anew. */
const RESTART_AFTER_BYTES = 32 * 1024 * 1024;
const PAGE_BYTES = 4_096;
/** Pages that a transaction changes, at least and for each log; each is written as a whole. */
const PAGES = 3;
const PAGES_PER_LOG = 2;

/**
 * Writes to a database file without holding up the event loop. Checkpoints are part of it, because they wait for the
 * disk. They run beside the commits, on a connection of their own; only where commits follow each other without a pause,
 * so that the write-ahead log never comes to an end, they wait for what is left of one now and then. One call at a time.
 */
export class JournalWriter {
  private readonly connection: Connection;
  private readonly checkpointer: Connection;
  private isSet = false;
  /** In the log since the last checkpoint began, and since the log began. */
  private logged = { sinceCheckpoint: 0, sinceRestart: 0 };
  /** Never rejects: what went wrong is in `failure`. */
  private checkpointing: Promise<unknown> | undefined;
  private failure: unknown;

  constructor(file: string) {
    this.connection = new LibsqlAsync(file, {}) as unknown as Connection;
    this.checkpointer = new LibsqlAsync(file, {}) as unknown as Connection;
  }

  /**
   * @param sql one whole transaction; when it fails nothing of it remains. It can also fail after that: it must not matter
   *   whether it is written once more
   * @param logs how many it changes
   */
  async write(sql: string, logs: number): Promise<void> {
    if (!this.isSet) for (const each of [this.connection, this.checkpointer]) await each.exec(SETTINGS);
    this.isSet = true;
    try {
      await this.connection.exec(sql);
    } catch (error) {
      if (this.connection.inTransaction) await this.connection.exec('ROLLBACK');
      throw error;
    }
    const bytes = sql.length + PAGE_BYTES * (PAGES + PAGES_PER_LOG * logs);
    this.logged.sinceCheckpoint += bytes;
    this.logged.sinceRestart += bytes;
    if (this.logged.sinceRestart >= RESTART_AFTER_BYTES) await this.restart('PASSIVE');
    else if (this.logged.sinceCheckpoint >= CHECKPOINT_AFTER_BYTES) this.checkpoint();
    this.throwFailure();
  }

  /** Brings everything into the file. */
  async close(): Promise<void> {
    try {
      await this.restart('TRUNCATE');
    } finally {
      this.checkpointer.close();
      this.connection.close();
    }
  }

  private checkpoint(): void {
    if (this.checkpointing) return;
    this.logged.sinceCheckpoint = 0;
    this.checkpointing = this.checkpointer
      .exec('PRAGMA wal_checkpoint(PASSIVE)')
      .catch((error: unknown) => (this.failure = error))
      .finally(() => (this.checkpointing = undefined));
  }

  /** Checkpoints while nobody writes: the next transaction is at the beginning of the log again. */
  private async restart(mode: 'PASSIVE' | 'TRUNCATE'): Promise<void> {
    await this.checkpointing;
    await this.connection.exec(`PRAGMA wal_checkpoint(${mode})`);
    this.logged = { sinceCheckpoint: 0, sinceRestart: 0 };
  }

  /** A checkpoint that failed is a failing disk too. */
  private throwFailure(): void {
    const { failure } = this;
    if (failure === undefined) return;
    this.failure = undefined;
    this.logged.sinceCheckpoint = CHECKPOINT_AFTER_BYTES;
    throw failure;
  }
}
