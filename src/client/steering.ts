import type { ApprovalDecision, Clock, InputMessage, Runtime } from '../protocol/index.js';
import type { AnswerOf, FieldsOf } from './command-answers.js';
import type { EventIntake } from './event-intake.js';
import { onAbort, type GiveUp } from './give-up.js';
import { idsOf, withIds } from './input-messages.js';
import { TurnMatcher } from './turn-matcher.js';
import { Turn, type TurnHost } from './turn.js';

/** What steering needs of the attachment. */
export interface SteeringParts {
  readonly clock: Clock;
  readonly settleAfterGapMs: number;
  readonly intake: EventIntake;
  command<T extends string>(type: T, fields: FieldsOf<T>, options?: GiveUp): Promise<AnswerOf<T>>;
  /** A turn is under way from now on. */
  turnBegun(): void;
}

/** What a person does to one runtime: turns, approvals, aborts. */
export class Steering implements TurnHost {
  private readonly turns = new Set<Turn>();

  constructor(private readonly parts: SteeringParts) {}

  get clock(): Clock {
    return this.parts.clock;
  }

  get settleAfterGapMs(): number {
    return this.parts.settleAfterGapMs;
  }

  /** Whether a turn of this client is watched. */
  get isTurnUnderWay(): boolean {
    return this.turns.size > 0;
  }

  send(runtime: Runtime, input: string | readonly InputMessage[], options: GiveUp): Promise<AnswerOf<'input'>> {
    return this.input(runtime, withIds(input), options);
  }

  async turn(runtime: Runtime, input: string | readonly InputMessage[], { signal }: GiveUp): Promise<Turn> {
    const messages = withIds(input);
    const { intake } = this.parts;
    const events = intake.subscribe();
    const matcher = new TurnMatcher(idsOf(messages), intake.runsOf(runtime));
    try {
      const { disposition = 'started' } = await this.input(runtime, messages, { signal });
      matcher.accepted(disposition);
      const turn = new Turn(this, runtime, disposition, events, matcher);
      turn.stopsWith((given) => onAbort(signal, given));
      this.turns.add(turn);
      this.parts.turnBegun();
      return turn;
    } catch (error) {
      await events.return();
      throw error;
    }
  }

  async answerApproval(
    runtime: Runtime,
    requestId: string,
    decision: ApprovalDecision,
    options: GiveUp,
  ): Promise<void> {
    const payload = { kind: 'approval_response', request_id: requestId, decision } as const;
    await this.parts.command('input', { runtime, payload }, options);
  }

  async abort(runtime: Runtime, run: string | undefined, options: GiveUp = {}): Promise<boolean> {
    const fields = { runtime, ...(run === undefined ? {} : { run_id: run }) };
    return (await this.parts.command('abort_message', fields, options)).aborted;
  }

  left(turn: Turn): void {
    this.turns.delete(turn);
  }

  private input(runtime: Runtime, messages: InputMessage[], options: GiveUp): Promise<AnswerOf<'input'>> {
    return this.parts.command('input', { runtime, payload: { kind: 'create_message', messages } }, options);
  }
}
