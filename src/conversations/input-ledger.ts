import type { Runtime } from '../protocol/index.js';
import type { AcceptedInput } from './input-queue.js';

/** Injects the device's `InputLedger`. @publicApi */
export const INPUT_LEDGER = Symbol('INPUT_LEDGER');

/** What an accepted input is told. */
export interface InputAnswer {
  readonly accepted: true;
  readonly disposition: 'started' | 'queued';
}

/** What names a turn in events. */
export interface TurnName {
  readonly turnId: string;
  readonly runId: string;
}

/** What was set for one conversation; what was not has the device's default. */
export interface ConversationSettings {
  readonly mode?: string | undefined;
  /** Real path. */
  readonly cwd?: string | undefined;
}

/** An accepted input whose end is not kept yet. */
export interface UnfinishedInput {
  readonly runtime: Runtime;
  readonly input: AcceptedInput;
  /** Once its turn has started. */
  readonly turn: TurnName | undefined;
  /** `request_id`s of its approvals whose end is not kept yet. */
  readonly approvals: readonly string[];
  /** Whether its agent did, or was allowed, more than to ask. */
  readonly acted: boolean;
}

/**
 * What a device keeps of its inputs, so that they survive its process (protocol section 3): which messages it has accepted
 * with which answer, the inputs that wait or run, and the mode and working directory of each conversation.
 *
 * Only `accept` may fail. A ledger that cannot write the rest goes on in memory and catches up when it can: a turn is
 * never held up by it. What a process that is killed meanwhile had not caught up with is told, or run, once more.
 *
 * @publicApi
 */
export interface InputLedger {
  /** Whether what it holds is there for the next process. */
  readonly survives: boolean;
  /** What this message was answered when it was accepted; undefined for one that is new, or forgotten. */
  answerTo(runtime: Runtime, messageId: string): InputAnswer | undefined;
  /**
   * Keeps an input and its answer. When it returns, they are committed.
   *
   * @throws ConversationError `INPUT_NOT_KEPT`; then nothing of the input is kept
   */
  accept(runtime: Runtime, input: AcceptedInput, answer: InputAnswer): void;
  /** The turn of this input begins: from here on it is not started again. */
  started(inputId: string, turn: TurnName): void;
  /** The turn of this input asks a person. */
  asked(inputId: string, requestId: string): void;
  /** The agent begins to do something, other than to ask. */
  acted(inputId: string): void;
  /** An approval has ended, and its end was told. */
  resolved(requestId: string): void;
  /** An input is over, and its end was told, or it was taken out of the queue. */
  ended(inputId: string): void;
  settingsOf(runtime: Runtime): ConversationSettings;
  /** Keeps what is given beside what was set before. */
  configure(runtime: Runtime, settings: ConversationSettings): void;
  /** What has not ended, in the order in which it was accepted. */
  unfinished(): readonly UnfinishedInput[];
  /** Nothing is kept afterwards. */
  close(): void;
}
