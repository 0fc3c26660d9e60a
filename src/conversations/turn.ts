import { randomUUID } from 'node:crypto';
import type { AgentActivity, AgentTurn, ToolQuestion } from '../agents/index.js';
import type { ApprovalDecision, Delta, PermissionMode, Runtime } from '../protocol/index.js';
import type { TurnName } from './input-ledger.js';
import type { AcceptedInput, NamedMessage } from './input-queue.js';

/** What a turn may do while it holds its conversation's lease; afterwards each of these has no effect. */
export interface TurnHost {
  readonly runtime: Runtime;
  mode(): PermissionMode;
  emitDelta(turn: Turn, delta: Delta): void;
  ready(): Promise<void>;
  activityChanged(turn: Turn): void;
  /** The agent begins to do something, other than to ask; once. */
  acted(turn: Turn): void;
  ask(turn: Turn, question: ToolQuestion): Promise<ApprovalDecision>;
}

/** One turn of a conversation, and its lease. */
export class Turn implements AgentTurn, TurnName {
  readonly turnId = `turn-${randomUUID()}`;
  readonly runId = `run-${randomUUID()}`;
  activity: AgentActivity = 'SENDING_API_REQUEST';
  executingToolCallIds: readonly string[] = [];
  private readonly abortion = new AbortController();
  private deltas = 0;
  private hasActed = false;
  /** Why it was aborted, where whoever aborted it said so. */
  abortedBecause: string | undefined;

  constructor(
    readonly input: AcceptedInput,
    readonly cwd: string,
    private readonly host: TurnHost,
  ) {}

  get messages(): readonly NamedMessage[] {
    return this.input.messages;
  }

  get runtime(): Runtime {
    return this.host.runtime;
  }

  get mode(): PermissionMode {
    return this.host.mode();
  }

  get signal(): AbortSignal {
    return this.abortion.signal;
  }

  abort(because?: string): void {
    this.abortedBecause = because;
    this.abortion.abort();
  }

  emit(delta: Delta): void {
    if (delta.message_type === 'stop_reason' && delta['stop_reason'] !== 'requires_approval') return;
    if (delta.message_type === 'tool_return_message') this.act();
    this.host.emitDelta(this, delta);
  }

  ready(): Promise<void> {
    return this.host.ready();
  }

  progress(activity: AgentActivity, executingToolCallIds: readonly string[] = []): void {
    if (executingToolCallIds.length > 0) this.act();
    this.activity = activity;
    this.executingToolCallIds = executingToolCallIds;
    this.host.activityChanged(this);
  }

  async askApproval(question: ToolQuestion): Promise<ApprovalDecision> {
    const decision = await this.host.ask(this, question);
    if (decision.behavior === 'allow') this.act();
    return decision;
  }

  /** Kept before the agent goes on, so that no later process takes what was begun for untouched. */
  private act(): void {
    if (this.hasActed) return;
    this.hasActed = true;
    this.host.acted(this);
  }

  /** The fields that every delta of this turn has; `seq_id` counts from 1 per run, as stock listeners do. */
  stamp(delta: Delta, now: number): Delta {
    return { date: new Date(now).toISOString(), ...delta, run_id: this.runId, seq_id: ++this.deltas, type: 'message' };
  }
}
