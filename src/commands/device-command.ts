import type { Frame, Runtime } from '../protocol/index.js';

/** What a handler may know beside its command's fields. */
export interface CommandContext {
  /** The command as it came. */
  readonly frame: Frame;
  readonly requestId: string | undefined;
  /** The runtime it names, if it names one. */
  readonly runtime: Runtime | undefined;
  /** Aborted at the deadline: the answer has been given, and what is returned later goes nowhere. */
  readonly signal: AbortSignal;
  /** Runs something once the answer is on its way; not when the command fails. */
  afterAnswer(run: () => void): void;
}

/**
 * Handles one type of command. What `handle` returns are the fields of the answer beside `type`, `request_id` and
 * `success: true`; to fail, throw (`CommandError` for a code of your own choice).
 *
 * @publicApi
 */
export interface DeviceCommandOf<Dto extends object> {
  handle(command: Dto, context: CommandContext): object | Promise<object>;
  /** Fields that this command's answer has also when it fails, as stock clients expect them. Reads what came, valid or not. */
  errorFields?(frame: Frame): object;
  /** Called when a command that nobody answers has failed, or was not even valid, so that it can be told in another way. */
  failed?(frame: Frame, why: string): Promise<void>;
}
