import { createHash } from 'node:crypto';
import { isRecord, type Frame, type Runtime } from '../../protocol/index.js';
import type { PendingApprovals } from './pending-approvals.js';
import type { StockEvents } from './stock-events.js';

/** One client's answer, and what becomes of it. */
export interface AnswerOutlets {
  /** Names the client and its command, for one that sends it again by itself; undefined for any other. */
  readonly asked: string | undefined;
  /** On to the device; `answered` is owed the device's word, or the relay's in its place. */
  readonly send: (answered: (answer: Frame) => void) => void;
  /** It won before, and the client did not hear of that. */
  readonly accept: () => void;
  /** @param outcome how the approval ended, where that is known */
  readonly refuse: (outcome: string | undefined) => void;
}

/** Lets exactly one answer to an approval win, and says in a stock device's place that it is over (protocol section 4). */
export class ApprovalAnswers {
  constructor(
    private readonly pending: PendingApprovals,
    private readonly stock: () => StockEvents,
    private readonly namesEvents: () => boolean,
  ) {}

  /** The tool that an approval is about; undefined for one that this relay has not seen. */
  toolOf(runtime: Runtime | undefined, requestId: unknown): string | undefined {
    const approval = runtime && typeof requestId === 'string' ? this.pending.get(runtime, requestId) : undefined;
    if (!approval) return undefined;
    const { request } = JSON.parse(approval.text) as Frame;
    return isRecord(request) && typeof request['tool_name'] === 'string' ? request['tool_name'] : undefined;
  }

  /**
   * @param payload of kind `approval_response`
   * @returns false when this relay has not seen such an approval: the device itself must say
   */
  claim(
    runtime: Runtime | undefined,
    payload: Readonly<Record<string, unknown>>,
    { asked, send, accept, refuse }: AnswerOutlets,
  ): boolean {
    const { request_id: requestId, decision } = payload;
    if (!runtime || typeof requestId !== 'string') return false;
    const behavior = behaviorOf(decision);
    const answered = (answer: Frame): void => {
      const isAccepted = answer['accepted'] === true;
      this.pending.settle(runtime, requestId, isAccepted);
      if (isAccepted && !this.namesEvents()) this.stock().resolve(runtime, requestId, behavior);
    };
    const identity = asked === undefined ? undefined : identityOf(asked, decision);
    const answer = { behavior, identity, send: () => send(answered), accept, refuse } as const;
    return this.pending.claim(runtime, requestId, answer) !== 'unknown';
  }
}

/** Whatever does not allow denies. */
export function behaviorOf(decision: unknown): 'allow' | 'deny' {
  return isRecord(decision) && decision['behavior'] === 'allow' ? 'allow' : 'deny';
}

/** A hash, because a decision may carry a whole file and is remembered for long. */
function identityOf(asked: string, decision: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([asked, decision]))
    .digest('base64');
}
