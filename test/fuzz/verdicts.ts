import { CLOSE_CODES, closeNameOf, ERROR_CODES } from '../../src/protocol/index.js';
import type { Closed, RawSocket } from '../kit/raw-socket.js';
import type { Answer } from './exchange.js';
import type { Delivered } from './messages.js';
import type { Expected } from './relay-metrics.js';
import { promise } from './watch.js';

/** What no peer is to read: words of the runtime and of the store, not of the protocol. */
const INTERNAL =
  /\n\s+at |(?:Type|Range|Reference|Syntax)Error|SQLITE|Cannot (?:read|convert)|is not a function|\[object /;
const TABLE: ReadonlySet<number> = new Set(Object.values(CLOSE_CODES).map(({ code }) => code));
/** A peer is never closed with these: they say that the relay failed, or went without a word. */
const FAILED: ReadonlySet<number> = new Set([CLOSE_CODES.ERROR.code, CLOSE_CODES.ABNORMAL.code, 1005]);
/** `ws` closes with these itself, and gives no reason. */
const WITHOUT_REASON: ReadonlySet<number> = new Set([1002, CLOSE_CODES.INVALID.code, CLOSE_CODES.TOO_LARGE.code]);

/**
 * Holds a close against the table.
 *
 * @param byBoth the other end had ended it too
 * @returns what the relay must have counted
 */
export function assertClosedWell(peer: string, { code, reason }: Closed, byBoth: boolean): Expected[] {
  if (byBoth && code === CLOSE_CODES.ABNORMAL.code) return [];
  const name = closeNameOf(code);
  promise(TABLE.has(code) && !FAILED.has(code), () => `A ${peer} was closed with ${code} (${reason}).`);
  promise(reason !== '' || WITHOUT_REASON.has(code), () => `A ${peer} was closed with ${code} and no reason.`);
  assertExplained(reason, `the reason of ${code}`);
  // Where both ends began to close, each knows a code of its own.
  const labels = byBoth ? { peer } : { peer, code: name };
  return [{ name: 'twinlane_relay_sockets_closed_total', labels, by: 1 }];
}

/** A message that names a request has its answer, also where it is no frame. */
export function assertAnswered(socket: RawSocket, sent: readonly Delivered[]): void {
  for (const { fault } of sent) {
    const id = fault?.value?.['request_id'];
    if (typeof id !== 'string') continue;
    const isAnswered = socket.frames.some(
      ({ request_id: own, error_code: code }) => own === id && code === 'FRAME_INVALID',
    );
    promise(isAnswered, () => `A ${fault?.fault} message of request ${JSON.stringify(id)} was not answered.`);
  }
}

/** The code of a refusal over HTTP, which must be one of the table, with words. */
export function codeOf({ status, body }: Answer): string {
  promise(status !== 500 && status !== 0, () => `Answered with ${status}: ${body}`);
  const said: unknown = parsed(body);
  const { errorCode, message } = said as { errorCode?: unknown; message?: unknown };
  promise(
    typeof errorCode === 'string' && Object.hasOwn(ERROR_CODES, errorCode) && typeof message === 'string',
    () => `A refusal with ${status} is not explained: ${body}`,
  );
  assertExplained(message, `the message of ${status}`);
  return String(errorCode);
}

export function assertExplained(text: unknown, what: string): void {
  promise(typeof text !== 'string' || !INTERNAL.test(text), () => `${what} tells what is inside: ${String(text)}`);
}

function parsed(text: string): unknown {
  try {
    return Object(JSON.parse(text)) as unknown;
  } catch {
    return {}; // said below, with the text
  }
}
