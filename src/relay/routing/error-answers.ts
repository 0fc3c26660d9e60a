import {
  answerTypeOf,
  encodeFrame,
  ERROR_CODES,
  errorAnswer,
  type ErrorCode,
  type Frame,
} from '../../protocol/index.js';

/** What the relay answers in place of a device. */
export function relayAnswer(command: string, code: ErrorCode, message: string = ERROR_CODES[code].message): Frame {
  return errorAnswer(command, undefined, code, message);
}

/** What is said to whoever has too many commands unanswered, and when there may be room. */
export const UNANSWERED = {
  text: 'Too many commands are not answered yet; wait for some of the answers.',
  retryAfterMs: 1_000,
} as const;

/** Answers a command that came too soon; `retry_after_ms` says when to send it again (protocol section 4). */
export function tooManyAnswer(command: string, message: string, retryAfterMs: number): Frame {
  return { ...relayAnswer(command, 'TOO_MANY', message), retry_after_ms: Math.ceil(retryAfterMs) };
}

/** Answers a message that is no frame, where it says whom to answer. */
export function unreadableAnswer(message: Readonly<Record<string, unknown>>, fault: string): string | undefined {
  // An id that is no plain value cannot be written again: it may be what was nested too deeply.
  if (!('request_id' in message) || typeof message['request_id'] === 'object') return undefined;
  const command = typeof message['type'] === 'string' ? message['type'] : 'error';
  return encodeFrame({ ...relayAnswer(command, 'FRAME_INVALID', fault), request_id: message['request_id'] });
}

/** The answer to a command that the relay itself has carried out. */
export function successAnswer(command: string, fields: object): Frame {
  return { type: answerTypeOf(command), ...fields, success: true };
}
