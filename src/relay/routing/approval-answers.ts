import { isRecord, type Frame, type Runtime } from '../../protocol/index.js';
import type { PendingApprovals } from './pending-approvals.js';
import type { StockEvents } from './stock-events.js';

/** What becomes of one client's answer. */
export interface AnswerOutlets {
  /** On to the device; `answered` is owed the device's word, or the relay's in its place. */
  readonly send: (answered: (answer: Frame) => void) => void;
  readonly refuse: () => void;
}

/** Lets exactly one answer to an approval win, and says in a stock device's place that it is over (protocol section 4). */
export class ApprovalAnswers {
  constructor(
    private readonly pending: PendingApprovals,
    private readonly stock: () => StockEvents,
    private readonly namesEvents: () => boolean,
  ) {}

  /**
   * @param payload of kind `approval_response`
   * @returns false when this relay has not seen such an approval: the device itself must say
   */
  claim(
    runtime: Runtime | undefined,
    payload: Readonly<Record<string, unknown>>,
    { send, refuse }: AnswerOutlets,
  ): boolean {
    const { request_id: requestId, decision } = payload;
    if (!runtime || typeof requestId !== 'string') return false;
    const behavior = isRecord(decision) && decision['behavior'] === 'allow' ? 'allow' : 'deny';
    const answered = (answer: Frame): void => {
      const isAccepted = answer['accepted'] === true;
      this.pending.settle(runtime, requestId, isAccepted);
      if (isAccepted && !this.namesEvents()) this.stock().resolve(runtime, requestId, behavior);
    };
    return this.pending.claim(runtime, requestId, { behavior, send: () => send(answered), refuse }) !== 'unknown';
  }
}
