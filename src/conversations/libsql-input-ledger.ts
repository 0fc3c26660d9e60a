import { Logger } from '@nestjs/common';
import { Checkpointer, type Database, openDatabase } from '../journal/index.js';
import { type Runtime, runtimeKey } from '../protocol/index.js';
import { ConversationError } from './conversation.error.js';
import type { ConversationSettings, InputAnswer, InputLedger, TurnName, UnfinishedInput } from './input-ledger.js';
import { acceptedInput, type AcceptedInput, type NamedMessage } from './input-queue.js';
import { type InputRow, LEDGER_MIGRATIONS, type LedgerStatements, prepareLedger } from './ledger.statements.js';

const logger = new Logger('InputLedger');

/**
 * A ledger in a database file. Each call is one commit of some 0.03 ms, which a killed process does not lose (`openDatabase`).
 *
 * What cannot be written now is kept in memory, in order, and written before the next write; until then no input is
 * accepted, because the next process would know a past that never was.
 */
export class LibsqlInputLedger implements InputLedger {
  readonly survives = true;
  private readonly statements: LedgerStatements;
  private readonly overdue: (() => void)[] = [];
  private failing = false;
  private closed = false;

  /**
   * @param maxRememberedIds messages it remembers of one runtime
   * @throws DatabaseError when the file cannot be used
   */
  static open(file: string, maxRememberedIds: number): LibsqlInputLedger {
    const database = openDatabase(file, LEDGER_MIGRATIONS);
    database.exec('PRAGMA wal_autocheckpoint=0');
    return new LibsqlInputLedger(database, maxRememberedIds, new Checkpointer(file, logCheckpoint));
  }

  constructor(
    private readonly database: Database,
    private readonly maxRememberedIds: number,
    private readonly checkpoints?: Checkpointer,
  ) {
    this.statements = prepareLedger(database);
    this.write(() => {
      for (const forget of this.statements.forgetRuntimes) forget.run([]);
    });
  }

  answerTo(runtime: Runtime, messageId: string): InputAnswer | undefined {
    const row = this.statements.disposition.get([runtimeKey(runtime), messageId]) as
      | Pick<InputAnswer, 'disposition'>
      | undefined;
    return row && { accepted: true, disposition: row.disposition };
  }

  accept(runtime: Runtime, { item, messages }: AcceptedInput, { disposition }: InputAnswer): void {
    const key = runtimeKey(runtime);
    const { addInput, addMessage, forgetOldest } = this.statements;
    try {
      this.catchUp();
      this.atomically(() => {
        addInput.run([item.id, key, JSON.stringify(messages), item.enqueued_at]);
        for (const { client_message_id } of messages) addMessage.run([key, client_message_id, disposition]);
        forgetOldest.run([key, key, this.maxRememberedIds]);
      });
      this.checkpoints?.committed();
    } catch (cause) {
      this.failed(cause);
      throw new ConversationError('INPUT_NOT_KEPT', undefined, { cause });
    }
  }

  started(inputId: string, { turnId, runId }: TurnName): void {
    this.write(() => this.statements.startInput.run([turnId, runId, inputId]));
  }

  asked(inputId: string, requestId: string): void {
    this.write(() => this.statements.addApproval.run([requestId, inputId]));
  }

  acted(inputId: string): void {
    this.write(() => this.statements.actedInput.run([inputId]));
  }

  resolved(requestId: string): void {
    this.write(() => this.statements.endApproval.run([requestId]));
  }

  ended(inputId: string): void {
    this.write(() =>
      this.atomically(() => {
        this.statements.endApprovals.run([inputId]);
        this.statements.endInput.run([inputId]);
      }),
    );
  }

  settingsOf(runtime: Runtime): ConversationSettings {
    const row = this.statements.settings.get([runtimeKey(runtime)]) as
      | { readonly mode: string | null; readonly cwd: string | null }
      | undefined;
    return row ? { mode: row.mode ?? undefined, cwd: row.cwd ?? undefined } : {};
  }

  configure(runtime: Runtime, { mode, cwd }: ConversationSettings): void {
    this.write(() => {
      const before = this.settingsOf(runtime);
      const values = [mode ?? before.mode ?? null, cwd ?? before.cwd ?? null];
      this.statements.configure.run([runtimeKey(runtime), ...values]);
    });
  }

  unfinished(): readonly UnfinishedInput[] {
    const rows = this.statements.inputs.all([]) as readonly InputRow[];
    return rows.map(({ id, runtime, messages, enqueued_at, turn_id, run_id, acted }) => ({
      runtime: runtimeOf(runtime),
      input: acceptedInput(JSON.parse(messages) as NamedMessage[], enqueued_at, id),
      turn: turn_id === null || run_id === null ? undefined : { turnId: turn_id, runId: run_id },
      approvals: this.statements.approvals.all([id]) as string[],
      acted: acted !== 0,
    }));
  }

  close(): void {
    if (this.closed) return;
    this.write(() => this.database.exec('PRAGMA wal_checkpoint(PASSIVE)'));
    // A statement would go on working after `Database.close()`.
    this.closed = true;
    this.checkpoints?.close();
    this.database.close();
  }

  /** Now, or before the next write that succeeds. */
  private write(run: () => void): void {
    this.overdue.push(run);
    try {
      this.catchUp();
    } catch (error) {
      this.failed(error);
    }
  }

  private catchUp(): void {
    if (this.closed) throw new Error('The ledger is closed.');
    for (let run = this.overdue[0]; run; run = this.overdue[0]) {
      run();
      this.overdue.shift();
      this.checkpoints?.committed();
    }
    if (this.failing) logger.log('The ledger of inputs is written again.');
    this.failing = false;
  }

  private failed(error: unknown): void {
    if (!this.failing)
      logger.error(
        `The ledger of inputs cannot be written, so no input is accepted; turns go on. Free space on the device, or correct the rights of its folder: ${String(error)}`,
      );
    this.failing = true;
  }

  private atomically(run: () => void): void {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      run();
      this.database.exec('COMMIT');
    } catch (error) {
      // A full disk has rolled back already.
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }
}

function logCheckpoint(error: unknown): void {
  logger.warn(`The log of the ledger of inputs cannot be shortened now: ${String(error)}`);
}

function runtimeOf(key: string): Runtime {
  const [agent_id, conversation_id] = JSON.parse(key) as [string | null, string];
  return { agent_id, conversation_id };
}
