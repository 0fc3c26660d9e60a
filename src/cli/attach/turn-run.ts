import type { Attachment, Turn } from '../../client/index.js';
import type { Frame } from '../../protocol/index.js';
import { EXIT } from '../exit-codes.js';
import type { AttachSettings } from '../settings/client.settings.js';
import type { Output } from '../output.js';
import type { Paint } from '../paint.js';
import { Approver } from './approver.js';
import type { Asker } from './asker.js';
import { visible } from '../text.js';
import { TurnPrinter } from './turn-printer.js';

/** Where a turn is shown, and who is asked. */
export interface TurnView {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly paint: Paint;
  readonly approve: AttachSettings['approve'];
  readonly asker: Asker;
  /** Resolves when the person wants the turn to end. */
  readonly interrupted: Promise<void>;
  /** Told of every event of the turn. */
  readonly saw?: (frame: Frame) => void;
}

/** One turn at the terminal: shown, answered, aborted. */
export class TurnRun {
  private readonly approver: Approver;
  private readonly printer: TurnPrinter;
  /** Why nobody waits for the end of the turn any more, as an exit code. */
  private leaving: number | undefined;

  constructor(
    private readonly attachment: Attachment,
    private readonly turn: Turn,
    private readonly view: TurnView,
  ) {
    const { stdout, stderr, paint, approve, asker, interrupted } = view;
    this.approver = new Approver(attachment, approve, asker, stderr);
    this.printer = new TurnPrinter(stdout, stderr, paint);
    void interrupted.then(() => this.interrupted());
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
    try {
      for await (const frame of this.turn) {
        this.view.saw?.(frame);
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
    if (reason === 'cancelled') return this.leaving ?? EXIT.CANCELLED;
    if (this.approver.denied || reason === 'denied') return EXIT.APPROVAL_DENIED;
    return reason === 'end_turn' ? commandExit : commandExit || EXIT.FAILED;
  }

  private async interrupted(): Promise<void> {
    if (this.turn.outcome) return;
    if (this.attachment.presence !== 'linked') return this.leave();
    await this.view.stderr.line('Aborting the turn; Ctrl-C again leaves at once.');
    await this.abort(EXIT.ABORTED);
  }

  /** Where nobody can abort it, the person does not have to wait for that. */
  private async leave(): Promise<void> {
    this.leaving = EXIT.ABORTED;
    await this.view.stderr.line(
      'The turn was not aborted: its listener is away, and decides about it when it is back.',
    );
    await this.turn.close();
  }

  /** Ends the turn and waits for its end; where it cannot be ended, leaves. */
  private async abort(exitCode: number): Promise<void> {
    if (this.turn.outcome) return;
    this.leaving = exitCode;
    try {
      if (this.turn.begun) return void (await this.turn.abort());
      await this.view.stderr.line('The input waits behind other turns; it stays in the queue.');
    } catch (error) {
      await this.view.stderr.line(
        `The turn could not be aborted: ${visible(error instanceof Error ? error.message : String(error))}`,
      );
    }
    await this.turn.close();
  }
}
