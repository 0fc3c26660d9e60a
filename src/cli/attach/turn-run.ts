import type { Attachment, Turn } from '../../client/index.js';
import type { CliIo } from '../cli-io.js';
import { EXIT } from '../exit-codes.js';
import type { AttachSettings } from '../settings/client.settings.js';
import { aborted } from '../waiting.js';
import { Approver } from './approver.js';
import { Output } from '../output.js';
import { TurnPrinter } from './turn-printer.js';

/** One turn at the terminal: shown, answered, aborted. */
export class TurnRun {
  private readonly stderr: Output;
  private readonly approver: Approver;
  private readonly printer: TurnPrinter;
  /** Why nobody waits for the end of the turn any more, as an exit code. */
  private leaving: number | undefined;

  constructor(
    private readonly attachment: Attachment,
    private readonly turn: Turn,
    policy: AttachSettings['approve'],
    io: CliIo,
  ) {
    const stdout = new Output(io.stdout);
    this.stderr = new Output(io.stderr);
    this.approver = new Approver(attachment, policy, io, this.stderr);
    this.printer = new TurnPrinter(stdout, this.stderr);
    void aborted(io.interrupted).then(() => this.interrupted());
    // A local command would be ended by SIGPIPE.
    void stdout.gone.then(() => this.abort(EXIT.NO_READER));
  }

  /**
   * Shows the turn until its end.
   *
   * @returns the exit code
   * @throws DisconnectedError, TokenRefusedError, TurnOutcomeUnknownError
   */
  async follow(): Promise<number> {
    void this.followLink();
    try {
      for await (const frame of this.turn) {
        this.approver.see(frame);
        // Where nobody reads, nothing is left to say.
        if (this.leaving !== EXIT.NO_READER) await this.printer.print(frame);
      }
      return this.exitCode();
    } catch (error) {
      if (this.leaving === undefined) throw error;
      return this.leaving;
    } finally {
      this.approver.close();
    }
  }

  private exitCode(): number {
    const { stop_reason: reason } = this.turn.outcome ?? {};
    const { commandExit = EXIT.OK } = this.printer;
    if (reason === 'cancelled') return this.leaving ?? EXIT.ABORTED;
    if (this.approver.denied || reason === 'denied') return EXIT.APPROVAL_DENIED;
    return reason === 'end_turn' ? commandExit : commandExit || EXIT.FAILED;
  }

  private async interrupted(): Promise<void> {
    await this.stderr.line('Aborting the turn; Ctrl-C again leaves at once.');
    await this.abort(EXIT.ABORTED);
  }

  /** Ends the turn and waits for its end; where it cannot be ended, leaves. */
  private async abort(exitCode: number): Promise<void> {
    this.leaving = exitCode;
    try {
      if (this.turn.begun) return void (await this.turn.abort());
      await this.stderr.line('The input waits behind other turns; it stays in the queue.');
    } catch (error) {
      await this.stderr.line(
        `The turn could not be aborted: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    await this.turn.close();
  }

  private async followLink(): Promise<void> {
    let broken = false;
    for await (const state of this.attachment.states()) {
      if (state.phase === 'reconnecting')
        await this.stderr.line(`The connection broke (${state.reason}); trying again.`);
      if (state.phase === 'open' && broken) await this.stderr.line('Connected again.');
      broken = state.phase === 'reconnecting';
    }
  }
}
