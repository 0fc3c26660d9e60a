import { type AgentTurn, type ToolQuestion, TurnEndedError } from '../../src/agents/index.js';
import { MODE_RULES } from '../../src/permissions/index.js';
import type { ApprovalDecision, Delta, InputMessage, PermissionMode, Runtime } from '../../src/protocol/index.js';

type Answer = ApprovalDecision | ((question: ToolQuestion) => ApprovalDecision) | 'nobody';

export interface FakeTurnOptions {
  readonly mode?: PermissionMode;
  readonly answer?: Answer;
  readonly runtime?: Runtime;
  readonly messages?: readonly InputMessage[];
}

/** A turn outside of any conversation, which keeps what its agent does. */
export class FakeTurn implements AgentTurn {
  readonly turnId = 'turn-1';
  readonly runId = 'run-1';
  readonly runtime: Runtime;
  readonly mode: PermissionMode;
  readonly messages: readonly InputMessage[];
  readonly deltas: Delta[] = [];
  readonly questions: ToolQuestion[] = [];
  readonly activities: string[] = [];
  readonly abortion = new AbortController();
  readonly signal = this.abortion.signal;
  room: Promise<void> = Promise.resolve();
  /** How often somebody asked for room. */
  asked = 0;
  private readonly answer: Answer;
  private watchers: (() => void)[] = [];

  constructor(
    text: string,
    readonly cwd: string,
    options: FakeTurnOptions = {},
  ) {
    const { mode = 'standard', answer = { behavior: 'allow' }, runtime, messages } = options;
    this.mode = mode;
    this.answer = answer;
    this.runtime = runtime ?? { agent_id: 'agent-1', conversation_id: 'conv-1' };
    this.messages = messages ?? [{ role: 'user', content: text }];
  }

  emit(delta: Delta): void {
    this.deltas.push(delta);
    this.changed();
  }

  ready(): Promise<void> {
    this.asked++;
    this.changed();
    return this.room;
  }

  progress(activity: string, ids: readonly string[] = []): void {
    this.activities.push([activity, ...ids.map(() => '*')].join(' '));
  }

  async askApproval(question: ToolQuestion): Promise<ApprovalDecision> {
    if (MODE_RULES[this.mode].agent[question.access ?? 'execute'] === 'allow') return { behavior: 'allow' };
    this.questions.push(question);
    this.changed();
    if (this.answer === 'nobody')
      return new Promise((_, reject) => {
        this.signal.addEventListener('abort', () => reject(new TurnEndedError()));
      });
    return typeof this.answer === 'function' ? this.answer(question) : this.answer;
  }

  /** What the agent said. */
  get text(): string {
    return this.deltas
      .flatMap(({ content }) => (Array.isArray(content) ? content : []))
      .map(textOf)
      .join('');
  }

  /** Output of tools, as far as it was new. */
  get output(): string {
    return this.of('tool_return_message')
      .map((delta) => String(delta['tool_return']))
      .join('');
  }

  /** Messages for whoever watches. */
  get notices(): readonly string[] {
    return this.of('status').map(({ message }) => String(message));
  }

  of(type: string): Delta[] {
    return this.deltas.filter(({ message_type }) => message_type === type);
  }

  async until(fits: (turn: this) => boolean): Promise<void> {
    while (!fits(this)) await new Promise<void>((resolve) => this.watchers.push(resolve));
  }

  private changed(): void {
    for (const wake of this.watchers.splice(0)) wake();
  }
}

function textOf(part: unknown): string {
  return typeof part === 'object' && part !== null && 'text' in part ? String(part.text) : '';
}
