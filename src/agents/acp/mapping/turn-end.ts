import { isRecord } from '../../../protocol/index.js';
import type { TurnEnd } from '../../agent.js';
import { type Raw, textIn } from './read.js';

const REASONS: Readonly<Record<string, string>> = {
  max_tokens: 'The answer reached the longest the model may give; ask it to go on.',
  max_turn_requests: 'The agent reached the most requests one turn may make; ask it to go on.',
  refusal: 'The agent refused to go on; say it in other words, or begin a new conversation.',
};

/**
 * How a turn ended, from the answer to `session/prompt`.
 *
 * @param denied why a person refused what the agent then ended with
 */
export function turnEnd(answer: Raw, aborted: boolean, denied: string | undefined): TurnEnd {
  const stopReason = textIn(answer, 'stopReason') ?? 'end_turn';
  // An agent that is cancelled while it waits to try again says `end_turn`.
  if (aborted) return { stopReason: 'cancelled' };
  if (denied !== undefined) return { stopReason: 'denied', error: denied };
  const error = REASONS[stopReason];
  return { stopReason, ...(error === undefined ? {} : { error }) };
}

/** JSON-RPC code of an agent that wants to be logged in. */
const AUTH_REQUIRED = -32_000;

/** For a person: what an agent answered instead of a result. @param howToLogIn sentences */
export function failureText(error: unknown, howToLogIn: string): string {
  if (!isRecord(error)) return String(error);
  const { code, message, data } = error;
  const words = [textOf(message), detailsOf(data)].filter((word) => word !== '');
  const said = words.join(': ').replace(/\.$/, '') || 'it does not say why';
  if (code === AUTH_REQUIRED)
    return `The agent wants to be logged in (${said}). ${howToLogIn} Then send the input again.`;
  return `The agent failed: ${said}. The listener's log may have more; send the input again.`;
}

function detailsOf(data: unknown): string {
  if (!isRecord(data)) return textOf(data);
  return textOf(data['details']) || textOf(data['message']) || textOf(data['error']);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
