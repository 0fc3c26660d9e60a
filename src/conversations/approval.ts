import { randomUUID } from 'node:crypto';
import { type ToolQuestion, TurnEndedError } from '../agents/index.js';
import type { ApprovalDecision, EventPayload, Timer, ToolRequest } from '../protocol/index.js';

/** A question to a person: pending until exactly one answer, or the end of its turn. */
export class Approval {
  readonly requestId = `approval-${randomUUID()}`;
  readonly decision: Promise<ApprovalDecision>;
  /** Runs out when nobody answers in time. */
  expiry: Timer | undefined;
  private readonly settle: {
    readonly decide: (decision: ApprovalDecision) => void;
    readonly fail: (error: Error) => void;
  };

  constructor(private readonly question: Omit<ToolQuestion, 'access'>) {
    const { promise, ...settle } = deferred<ApprovalDecision>();
    this.decision = promise;
    this.settle = settle;
    // An agent that asks and does not wait for the answer must not bring the process down when its turn ends.
    promise.catch(() => {});
  }

  /** The `control_request` that asks. */
  get payload(): EventPayload<'control_request'> {
    const request: ToolRequest = {
      subtype: 'can_use_tool',
      permission_suggestions: [],
      blocked_path: null,
      ...this.question,
    };
    return { request_id: this.requestId, request };
  }

  decide(decision: ApprovalDecision): void {
    this.expiry?.cancel();
    this.settle.decide(decision);
  }

  turnEnded(): void {
    this.expiry?.cancel();
    this.settle.fail(new TurnEndedError());
  }
}

function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly decide: (value: T) => void;
  readonly fail: (error: Error) => void;
} {
  let decide: (value: T) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const promise = new Promise<T>((resolve, reject) => {
    decide = resolve;
    fail = reject;
  });
  return { promise, decide, fail };
}
