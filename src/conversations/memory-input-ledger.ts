import { type Runtime, runtimeKey } from '../protocol/index.js';
import { BoundedMap } from './bounded-map.js';
import type { ConversationSettings, InputAnswer, InputLedger, TurnName, UnfinishedInput } from './input-ledger.js';
import type { AcceptedInput } from './input-queue.js';

interface Entry extends UnfinishedInput {
  turn: TurnName | undefined;
  approvals: readonly string[];
  acted: boolean;
}

/** A ledger that lives and dies with its process. */
export class MemoryInputLedger implements InputLedger {
  readonly survives = false;
  private readonly answers = new Map<string, BoundedMap<InputAnswer>>();
  private readonly inputs = new Map<string, Entry>();
  private readonly settings = new Map<string, ConversationSettings>();

  /** @param maxRememberedIds messages it remembers of one runtime */
  constructor(private readonly maxRememberedIds: number) {}

  answerTo(runtime: Runtime, messageId: string): InputAnswer | undefined {
    return this.answers.get(runtimeKey(runtime))?.get(messageId);
  }

  accept(runtime: Runtime, input: AcceptedInput, answer: InputAnswer): void {
    const key = runtimeKey(runtime);
    const answers = this.answers.get(key) ?? new BoundedMap<InputAnswer>(this.maxRememberedIds);
    this.answers.set(key, answers);
    for (const { client_message_id } of input.messages) answers.set(client_message_id, answer);
    this.inputs.set(input.item.id, { runtime, input, turn: undefined, approvals: [], acted: false });
  }

  started(inputId: string, turn: TurnName): void {
    const entry = this.inputs.get(inputId);
    if (entry) entry.turn = turn;
  }

  asked(inputId: string, requestId: string): void {
    const entry = this.inputs.get(inputId);
    if (entry) entry.approvals = [...entry.approvals, requestId];
  }

  acted(inputId: string): void {
    const entry = this.inputs.get(inputId);
    if (entry) entry.acted = true;
  }

  resolved(requestId: string): void {
    for (const entry of this.inputs.values())
      if (entry.approvals.includes(requestId)) entry.approvals = entry.approvals.filter((id) => id !== requestId);
  }

  ended(inputId: string): void {
    this.inputs.delete(inputId);
  }

  settingsOf(runtime: Runtime): ConversationSettings {
    return this.settings.get(runtimeKey(runtime)) ?? {};
  }

  configure(runtime: Runtime, { mode, cwd }: ConversationSettings): void {
    const before = this.settingsOf(runtime);
    this.settings.set(runtimeKey(runtime), { mode: mode ?? before.mode, cwd: cwd ?? before.cwd });
  }

  unfinished(): readonly UnfinishedInput[] {
    return [...this.inputs.values()].map((entry) => ({ ...entry }));
  }

  close(): void {}
}
