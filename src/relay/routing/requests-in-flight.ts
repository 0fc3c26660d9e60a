import { randomBytes } from 'node:crypto';
import {
  ERROR_CODES,
  isAnswered,
  isAnswerType,
  requestIdOf,
  type Clock,
  type ErrorCode,
  type Frame,
  type Timer,
} from '../../protocol/index.js';
import type { DeviceLink } from './device-link.js';
import { relayAnswer, successAnswer } from './error-answers.js';
import { without } from './frame-text.js';
import type { RoutingObserver } from './routing-observer.js';

/** 128 bits: nobody guesses the id of somebody else's request (protocol section 4). */
const ID_BYTES = 16;

/** Whoever waits for an answer. */
export interface Asker {
  /** Whom it belongs to; undefined: REST. */
  readonly owner: object | undefined;
  deliver(answer: Frame): void;
}

export interface RequestOptions {
  /** Told of the answer before the asker is, also when the relay gives it. */
  readonly answered?: (answer: Frame) => void;
}

export interface RequestLimits {
  /** ms after which the relay answers in place of a stock device. */
  readonly answerTimeoutMs: number;
  readonly maxRequests: number;
}

interface Request extends RequestOptions {
  /** The relay's id, which the device sees. */
  readonly id: string;
  readonly command: Frame;
  /** Undefined once it has left. */
  asker: Asker | undefined;
  link: DeviceLink | undefined;
  timer: Timer | undefined;
  readonly openedAt: number;
  /** The device has sent something else under this id: whatever it was, silence would be wrong to claim. */
  hasShown: boolean;
}

/** Commands that stock devices never answer, though their protocol has an answer for them (protocol section 3). */
const SILENT_ON_STOCK: ReadonlySet<string> = new Set(['watch_file', 'unwatch_file']);

/** Who asked what, by the ids that the relay made: an answer goes to the asker, and to nobody else. */
export class RequestsInFlight {
  private readonly requests = new Map<string, Request>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: RequestLimits,
    private readonly observer: RoutingObserver,
  ) {}

  /** @returns the id under which the device gets it; undefined when it was refused, because too many are unanswered */
  open(command: Frame, asker: Asker, options: RequestOptions = {}): string | undefined {
    const id = randomBytes(ID_BYTES).toString('hex');
    const openedAt = this.clock.now();
    const untouched = { link: undefined, timer: undefined, hasShown: false };
    const request: Request = { ...options, ...untouched, id, command, asker, openedAt };
    this.requests.set(id, request);
    if (this.requests.size <= this.limits.maxRequests) return id;
    this.refuse(id, 'TOO_MANY');
    return undefined;
  }

  /** The device has it. */
  sent(id: string, link: DeviceLink): void {
    const request = this.requests.get(id);
    if (!request) return;
    const { type } = request.command;
    request.link = link;
    if (!isAnswered(type)) return this.forget(request);
    if (link.namesEvents) return;
    if (SILENT_ON_STOCK.has(type)) return this.finish(request, successAnswer(type, { path: request.command['path'] }));
    request.timer = this.clock.after(this.limits.answerTimeoutMs, () => this.timedOut(request));
  }

  /** A frame of the device. @returns false when it has no id that the relay made */
  take(frame: Frame): boolean {
    const request = this.requests.get(requestIdOf(frame) ?? '');
    if (!request) return false;
    if (isAnswerType(frame.type)) this.finish(request, frame);
    else {
      request.hasShown = true;
      request.asker?.deliver(restoreId(frame, request.command));
    }
    return true;
  }

  refuse(id: string, code: ErrorCode): void {
    const request = this.requests.get(id);
    if (request) this.fail(request, code);
  }

  /** What was sent on a link that is over: nobody can say whether it ran. */
  linkClosed(link: DeviceLink): void {
    for (const request of this.requests.values()) if (request.link === link) this.fail(request, 'OUTCOME_UNKNOWN');
  }

  /** The asker will not come back; what its commands do is still followed. */
  abandon(owner: object): void {
    for (const request of this.requests.values()) if (request.asker?.owner === owner) request.asker = undefined;
  }

  has(owner: object): boolean {
    for (const { asker } of this.requests.values()) if (asker?.owner === owner) return true;
    return false;
  }

  private timedOut(request: Request): void {
    if (request.hasShown) this.forget(request);
    else this.fail(request, 'COMMAND_TIMEOUT');
  }

  private fail(request: Request, code: ErrorCode): void {
    this.observer.refused(code);
    const answer = relayAnswer(request.command.type, code, ERROR_CODES[code].message);
    if (!expectsAnswer(request.command)) request.asker = undefined;
    this.finish(request, answer);
  }

  private finish(request: Request, answer: Frame): void {
    this.forget(request);
    this.observer.answered(request.command.type, this.clock.now() - request.openedAt);
    request.answered?.(answer);
    request.asker?.deliver(restoreId(answer, request.command));
  }

  private forget(request: Request): void {
    request.timer?.cancel();
    this.requests.delete(request.id);
  }
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
