import { randomBytes } from 'node:crypto';
import { isAnswered, isRepeatable, requestIdOf, type Frame, type Timer } from '../../protocol/index.js';
import { CommandSpan } from '../../observability/index.js';
import type { AnswerInChunks, PassageVerdict } from './answer-in-chunks.js';
import type { AnswerPassage } from './answer-passage.js';
import type { DeviceLink } from './device-link.js';
import { without } from './frame-text.js';

/** 128 bits: nobody guesses the id of somebody else's request (protocol section 4). */
const ID_BYTES = 16;

/** Whoever waits for an answer. */
export interface Asker {
  /** Whom it belongs to; undefined: REST. */
  readonly owner: object | undefined;
  /** It comes back by itself, and sends again what has no answer and may be repeated. */
  readonly repeats?: boolean;
  deliver(answer: Frame): void;
  /** Says that a command was not passed on, where no answer can: closes the socket it came on. REST has none. */
  readonly overrun?: (text: string, retryAfterMs: number) => void;
  /** Gives an answer in chunks a socket to go on to; without it the asker takes answers in one. */
  readonly pass?: (passage: AnswerPassage) => PassageVerdict;
}

export interface RequestOptions {
  /** It goes as it is, because its id is the device's own. Nobody is told what became of it. */
  readonly asIs?: boolean;
  /** Told of the answer before the asker is, also when the relay gives it. */
  readonly answered?: (answer: Frame) => void;
}

/** A command that has no answer yet. */
export interface Request extends RequestOptions {
  /** The relay's id, which the device sees. */
  readonly id: string;
  readonly command: Frame;
  /** What the device gets. */
  readonly frame: Frame;
  readonly bytes: number;
  /** Whom it counts for, also when that one has left. */
  readonly owner: object | undefined;
  /** Undefined once it has left. */
  asker: Asker | undefined;
  /** On which it was sent last. */
  link: DeviceLink | undefined;
  timer: Timer | undefined;
  readonly openedAt: number;
  /** Where the client follows it (`traceparent`). */
  readonly span: CommandSpan | undefined;
  /** The device has sent something else under this id: whatever it was, silence would be wrong to claim. */
  hasShown: boolean;
  /** Its answer, once that comes in chunks. */
  chunks: AnswerInChunks | undefined;
  /** Whether the asker went away in the middle of the answer: the device is asked again when it is back. */
  isCut: boolean;
  /** What a device that does not answer this has yet to show, for the relay to answer in its place. */
  proof: Proof | undefined;
}

/** Events of a runtime that stand for an answer. */
export interface Proof {
  readonly runtime: string;
  /** Types that have not come yet; undefined: any will do. */
  readonly types: Set<string> | undefined;
}

/** A command that was just asked, at `openedAt` (epoch ms). @param bytes it counts while it waits */
export function requestOf(
  command: Frame,
  bytes: number,
  asker: Asker,
  options: RequestOptions,
  openedAt: number,
): Request {
  const id = randomBytes(ID_BYTES).toString('hex');
  const bare = without(command, 'seq');
  const span = CommandSpan.begin('route', command, id);
  const named = options.asIs ? bare : { ...bare, request_id: id };
  return {
    ...options,
    id,
    command,
    frame: span?.traceparent === undefined ? named : { ...named, traceparent: span.traceparent },
    bytes,
    owner: asker.owner,
    asker,
    link: undefined,
    timer: undefined,
    openedAt,
    span,
    hasShown: false,
    chunks: undefined,
    isCut: false,
    proof: undefined,
  };
}

/** The id that the client chose, and the one under which the device knows the command: its log has that one. */
export function idsOf({ id, command }: Request) {
  return { requestId: requestIdOf(command), relayRequestId: id };
}

/** Whether the device is to answer it, and somebody is to hear of that. */
export function awaitsAnswer({ command, asIs }: Request): boolean {
  return asIs !== true && isAnswered(command.type);
}

/** Gives an answer the id that the client gave, or none. */
export function restoreId(answer: Frame, command: Frame): Frame {
  const rest = without(answer, 'request_id', 'seq');
  return 'request_id' in command ? { ...rest, request_id: command['request_id'] } : rest;
}

/** Whether the relay may speak for a silent device: where the client gave an id, and for every input. */
export function expectsAnswer(command: Frame): boolean {
  return isAnswered(command.type) && ('request_id' in command || command.type === 'input');
}

/** Whether its asker sends it again by itself. */
export function comesAgain({ asker, command }: Request): boolean {
  return asker?.repeats === true && isRepeatable(command);
}
