import { createHash } from 'node:crypto';
import { type ToolQuestion, TurnEndedError } from '../agents/index.js';
import type { ApprovalDecision, ApprovalOutcome, Runtime } from '../protocol/index.js';
import { Approval } from './approval.js';
import { BoundedMap } from './bounded-map.js';
import { ConversationError } from './conversation.error.js';
import type { ConversationParts } from './conversation-parts.js';
import type { ConversationEvent } from './conversation-state.js';
import type { EndReporter } from './end-reporter.js';
import type { Turn } from './turn.js';

/** What approvals need of the conversation whose they are: its state holds those that are pending. */
export interface ApprovalsHost {
  readonly runtime: Runtime;
  pending(): readonly Approval[];
  /** Brings the state on, and shows it; false when the event means nothing in the present one. */
  move(event: ConversationEvent<Turn, Approval> & { readonly type: 'ask' | 'resolve' }): boolean;
}

/** How an approval ended. */
interface Ending {
  readonly outcome: ApprovalOutcome;
  /** Stands for the decision that won; undefined when nobody's did. */
  readonly winner: string | undefined;
}

/** The questions of one conversation to a person: asked, shown again, and ended, each by exactly one answer or by its turn. */
export class Approvals {
  private readonly ended: BoundedMap<Ending>;

  constructor(
    private readonly host: ApprovalsHost,
    private readonly parts: Pick<ConversationParts, 'emitter' | 'ledger' | 'clock' | 'options'>,
    private readonly ends: EndReporter,
  ) {
    this.ended = new BoundedMap(parts.options.maxRememberedIds);
  }

  /** Rejects with `TurnEndedError` when the turn ends before somebody answers. */
  ask(turn: Turn, question: Omit<ToolQuestion, 'access'>): Promise<ApprovalDecision> {
    const approval = new Approval(question);
    if (!this.host.move({ type: 'ask', lease: turn, approval })) return Promise.reject(new TurnEndedError());
    const { ledger, emitter, clock, options } = this.parts;
    ledger.asked(turn.input.item.id, approval.requestId);
    emitter.emit('control_request', approval.payload, this.host.runtime);
    const { approvalTimeoutMs } = options;
    if (approvalTimeoutMs !== undefined)
      approval.expiry = clock.after(approvalTimeoutMs, () => {
        const message = `Nobody answered within ${approvalTimeoutMs / 1_000} s, so it was not done; send the input again when somebody can answer.`;
        this.resolve(approval.requestId, { behavior: 'deny', message }, { outcome: 'expired', winner: undefined });
      });
    return approval.decision;
  }

  /**
   * Exactly one answer wins. The one that won is accepted however often it comes: whoever sends it again did not hear of it.
   *
   * @throws ConversationError `ALREADY_ANSWERED`, which says how it ended; `APPROVAL_UNKNOWN`
   */
  answer(requestId: string, decision: ApprovalDecision): void {
    const winner = digestOf(decision);
    if (this.resolve(requestId, decision, { outcome: decision.behavior, winner })) return;
    const ending = this.ended.get(requestId);
    if (ending === undefined) throw new ConversationError('APPROVAL_UNKNOWN');
    if (ending.winner === winner) return;
    throw new ConversationError('ALREADY_ANSWERED', `This approval has ended already: ${ending.outcome}.`);
  }

  /** Emits each that is pending again, under its own `request_id`, for a client that came later. */
  replay(): void {
    for (const { payload } of this.host.pending())
      this.parts.emitter.emit('control_request', payload, this.host.runtime);
  }

  /** Their turn is over, or about to be. */
  withdraw(approvals: readonly Approval[]): void {
    for (const approval of approvals) {
      this.turnEnded(approval.requestId);
      approval.turnEnded();
    }
  }

  /** Tells that an approval ended with its turn. */
  turnEnded(requestId: string): void {
    this.tellEnded(requestId, { outcome: 'turn_ended', winner: undefined });
  }

  /** Hands a decision to the agent that waits for it; false when the approval is not pending. */
  private resolve(requestId: string, decision: ApprovalDecision, ending: Ending): boolean {
    const approval = this.host.pending().find((pending) => pending.requestId === requestId);
    if (!approval || !this.host.move({ type: 'resolve', requestId })) return false;
    this.tellEnded(requestId, ending);
    approval.decide(decision);
    return true;
  }

  private tellEnded(requestId: string, ending: Ending): void {
    this.ended.set(requestId, ending);
    this.ends.approval(requestId, ending.outcome);
  }
}

/** A hash, because a decision may carry a whole file and is remembered for long. */
function digestOf(decision: ApprovalDecision): string {
  return createHash('sha256').update(JSON.stringify(decision)).digest('base64');
}
