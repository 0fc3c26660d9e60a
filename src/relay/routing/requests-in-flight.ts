import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  ERROR_CODES,
  isAnswerType,
  isRepeatable,
  readChunk,
  requestIdOf,
  runtimeKey,
  type Clock,
  type ErrorCode,
  type Frame,
  type Runtime,
  SparseMap,
} from '../../protocol/index.js';
import { CommandSpan } from '../../observability/index.js';
import { AnswerInChunks, type AnswerInChunksLimits, type AnswerInChunksOutlets } from './answer-in-chunks.js';
import type { DeviceLink } from './device-link.js';
import type { DeviceBound } from './device-outbox.js';
import { relayAnswer, successAnswer, tooManyAnswer, UNANSWERED } from './error-answers.js';
import { without } from './frame-text.js';
import {
  awaitsAnswer,
  expectsAnswer,
  idsOf,
  proofOf,
  restoreId,
  type Asker,
  type Request,
  type RequestOptions,
} from './request.js';
import type { RoutingObserver } from './routing-observer.js';

/** 128 bits: nobody guesses the id of somebody else's request (protocol section 4). */
const ID_BYTES = 16;

export interface RequestLimits extends AnswerInChunksLimits {
  /** ms after which the relay answers in place of a stock device. */
  readonly answerTimeoutMs: number;
  readonly maxRequests: number;
  readonly limits: {
    /** Of one asker; REST is none. */
    readonly unansweredPerClient: number;
  };
}

/** Commands that stock devices never answer, though their protocol has an answer for them (protocol section 3). */
const SILENT_ON_STOCK: ReadonlySet<string> = new Set(['watch_file', 'unwatch_file']);

/** For whoever is to send a command again on its next socket. */
const MOVES = 'It was not passed on: another relay node serves this environment from now on.';

/** Follows commands by their ids, for the log. */
export type RequestTrace = (text: string, fields: Readonly<Record<string, unknown>>) => void;

/** Who asked what, by the ids that the relay made: an answer goes to the asker, and to nobody else. */
export class RequestsInFlight {
  private readonly requests = new SparseMap<string, Request>();
  /** By id. */
  private readonly proving = new SparseMap<string, Request>();
  private readonly perOwner = new SparseMap<object, Set<Request>>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: RequestLimits,
    private readonly observer: RoutingObserver,
    private readonly trace: RequestTrace = () => {},
    /** Tells the device which chunks of an answer were taken. */
    private readonly confirmChunks: (id: string, index: number, stop: boolean) => void = () => {},
  ) {}

  /**
   * @param bytes it counts while it waits
   * @returns what goes to the device; undefined when it was refused, because too many are unanswered
   */
  open(command: Frame, bytes: number, asker: Asker, options: RequestOptions = {}): DeviceBound | undefined {
    const id = randomBytes(ID_BYTES).toString('hex');
    const bare = without(command, 'seq');
    const span = CommandSpan.begin('route', command, id);
    const named = options.asIs ? bare : { ...bare, request_id: id };
    const { owner } = asker;
    const request: Request = {
      ...options,
      id,
      command,
      frame: span?.traceparent === undefined ? named : { ...named, traceparent: span.traceparent },
      bytes,
      owner,
      asker,
      link: undefined,
      timer: undefined,
      openedAt: this.clock.now(),
      span,
      hasShown: false,
      chunks: undefined,
      isCut: false,
      proof: undefined,
    };
    this.requests.set(id, request);
    const ofOwner = this.count(request);
    const { maxRequests, limits: perClient } = this.limits;
    if (this.requests.size > maxRequests || ofOwner > perClient.unansweredPerClient) {
      this.refuse(request);
      return undefined;
    }
    this.trace(`${command.type} forwarded`, idsOf(request));
    return this.boundOf(request);
  }

  /**
   * Whether an asker that sends again what its broken socket may have lost waits for the answer to this very command already:
   * that answer is the one it gets.
   */
  isRepetition(command: Frame, { owner, repeats }: Asker): boolean {
    const id = requestIdOf(command);
    if (!owner || repeats !== true || id === undefined) return false;
    const bare = without(command, 'seq');
    for (const { command: asked, asker } of this.perOwner.get(owner) ?? [])
      if (asker && asked['request_id'] === id && isDeepStrictEqual(without(asked, 'seq'), bare)) return true;
    return false;
  }

  /**
   * A link is ready. What was sent on an earlier one of the same process of the device, and may not have arrived, is to be sent
   * again; of another process nobody can say whether it ran.
   *
   * @returns in the order it was sent
   */
  linkReady(link: DeviceLink): DeviceBound[] {
    const sent = [...this.requests.values()].filter((request) => request.link);
    const isLost = ({ link: last }: Request): boolean =>
      last?.processInstanceId === undefined || last.processInstanceId !== link.processInstanceId;
    for (const request of sent) if (isLost(request)) this.fail(request, 'OUTCOME_UNKNOWN');
    return sent.filter((request) => !isLost(request)).map((request) => this.boundOf(request));
  }

  /** Nobody is expected back soon. */
  offline(): void {
    for (const request of this.requests.values()) if (request.link) this.fail(request, 'OUTCOME_UNKNOWN');
  }

  private boundOf(request: Request): DeviceBound {
    const { frame, bytes } = request;
    return {
      frame,
      bytes,
      sent: (link) => this.sent(request, link),
      safe: () => {
        if (!awaitsAnswer(request)) this.forget(request);
      },
      refused: (code) => {
        if (!this.requests.has(request.id)) return;
        if (code === 'TOO_MANY') this.refuse(request);
        else this.fail(request, code);
      },
    };
  }

  /** The device will have it. */
  private sent(request: Request, link: DeviceLink): void {
    if (!this.requests.has(request.id)) return;
    const { type } = request.command;
    request.link = link;
    if (!awaitsAnswer(request)) {
      if (!link.resumable) this.forget(request);
      return;
    }
    if (link.namesEvents) return;
    if (SILENT_ON_STOCK.has(type)) return this.finish(request, successAnswer(type, { path: request.command['path'] }));
    request.timer = this.clock.after(this.limits.answerTimeoutMs, () => this.timedOut(request));
    request.proof = link.answersInput ? undefined : proofOf(request.command);
    if (request.proof) this.proving.set(request.id, request);
  }

  /** A stock device has shown an event: of one that answers neither `input` nor `sync` it says that they have arrived. */
  shown(runtime: Runtime, type: string): void {
    const key = runtimeKey(runtime);
    for (const request of this.proving.values()) {
      const { command, proof } = request;
      if (proof?.runtime !== key) continue;
      proof.types?.delete(type);
      if (proof.types && proof.types.size > 0) continue;
      const answer: Frame =
        command.type === 'input'
          ? { type: 'input_accepted', runtime, accepted: true }
          : successAnswer(command.type, { runtime });
      this.finish(request, answer);
    }
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

  /** One piece of an answer, of a device's resumable link. */
  takeChunk(frame: Frame): void {
    const chunk = readChunk(frame);
    const request = this.requests.get(requestIdOf(frame) ?? '');
    if (chunk && request && this.awaits(request)) {
      request.chunks ??= this.inChunks(request);
      return request.chunks.take(chunk);
    }
    this.observer.dropped(chunk ? 'unknown-answer' : 'unreadable');
    if (chunk) this.confirmChunks(chunk.request_id ?? chunk.id, chunk.index, true);
  }

  /** A client is back. @returns what it asked and was being answered when it went away: to be sent again */
  comeBack(owner: object): DeviceBound[] {
    const cut = [...this.requests.values()].filter(({ asker, isCut }) => isCut && asker?.owner === owner);
    for (const request of cut) request.isCut = false;
    return cut.map((request) => this.boundOf(request));
  }

  /** A link is over: whether what was sent on it ran, nobody can say. On a resumable one that waits for the next link. */
  linkClosed(link: DeviceLink): void {
    for (const { chunks } of this.requests.values()) chunks?.interrupt();
    if (link.resumable) return;
    for (const request of this.requests.values()) if (request.link === link) this.fail(request, 'OUTCOME_UNKNOWN');
  }

  /** Whether the device is at work for somebody who would never hear of it, were the environment served elsewhere from now on. */
  get isBusy(): boolean {
    for (const request of this.requests.values())
      if (request.link && request.asker && awaitsAnswer(request) && !comesAgain(request)) return true;
    return false;
  }

  /** What waits for the device here is to be sent again elsewhere: clients that do so by themselves are told. */
  sendBack(): void {
    for (const request of this.requests.values()) {
      const { command, asker, link } = request;
      if (link || asker?.repeats !== true || comesAgain(request) || !expectsAnswer(command)) continue;
      this.finish(request, tooManyAnswer(command.type, MOVES, 0));
    }
  }

  /** This relay stops, and nobody in it will hear of the device again: whoever would wait in vain is told. */
  drain(): void {
    for (const request of this.requests.values()) {
      if (comesAgain(request) || !awaitsAnswer(request)) continue;
      this.fail(request, request.link ? 'OUTCOME_UNKNOWN' : 'DEVICE_OFFLINE');
    }
  }

  /** The asker will not come back; what its commands do is still followed. */
  abandon(owner: object): void {
    for (const request of this.requests.values()) {
      if (request.asker?.owner !== owner) continue;
      request.asker = undefined;
      if (request.chunks) this.forget(request);
    }
  }

  /** The ids under which an asker waits for answers. */
  waitingFor(owner: object): string[] {
    return [...(this.perOwner.get(owner) ?? [])].flatMap(({ asker, command }) => (asker && requestIdOf(command)) ?? []);
  }

  has(owner: object): boolean {
    return this.perOwner.has(owner);
  }

  /** @returns how many the owner has now; 0 for REST, which has none */
  private count(request: Request): number {
    const { owner } = request;
    if (!owner) return 0;
    const asked = this.perOwner.get(owner) ?? new Set();
    this.perOwner.set(owner, asked.add(request));
    return asked.size;
  }

  private discount(request: Request): void {
    const { owner } = request;
    const asked = owner && this.perOwner.get(owner);
    if (owner && asked?.delete(request) && asked.size === 0) this.perOwner.delete(owner);
  }

  /** Who has gone needs no answer: of one in chunks the rest is not sent. */
  private awaits(request: Request): boolean {
    if (request.asker) return true;
    this.forget(request);
    return false;
  }

  private inChunks(request: Request): AnswerInChunks {
    const { asker, command, id } = request;
    const outlets: AnswerInChunksOutlets = {
      // Whoever is told of the answer has to read it.
      passTo: request.answered ? undefined : asker?.pass,
      confirm: (index, stop) => this.confirmChunks(id, index, stop),
      passed: () => this.passed(request),
      joined: (answer) => this.finish(request, answer),
      failed: (code, message) => {
        if (code === 'COMMAND_TIMEOUT') this.observer.limited('stalled-answers');
        this.fail(request, code, message);
      },
      lost: () => {
        if (asker?.repeats) request.isCut = true;
        else this.forget(request);
      },
    };
    return new AnswerInChunks(command['request_id'], this.limits, outlets, this.clock);
  }

  private timedOut(request: Request): void {
    if (request.hasShown) this.forget(request);
    else this.fail(request, 'COMMAND_TIMEOUT');
  }

  private fail(request: Request, code: ErrorCode, message: string = ERROR_CODES[code].message): void {
    this.observer.refused(code);
    if (request.asIs) return this.forget(request);
    const answer = relayAnswer(request.command.type, code, message);
    if (!expectsAnswer(request.command)) request.asker = undefined;
    this.finish(request, answer);
  }

  /** Before it is sent: the asker may send it again. */
  private refuse(request: Request): void {
    this.observer.refused('TOO_MANY');
    this.observer.limited('unanswered');
    const { command, asker } = request;
    // What nobody would be told of must not just be missing, such as a key that was typed.
    if (request.asIs || !expectsAnswer(command)) asker?.overrun?.(UNANSWERED.text, UNANSWERED.retryAfterMs);
    if (request.asIs) return this.forget(request);
    if (!expectsAnswer(command)) request.asker = undefined;
    this.finish(request, tooManyAnswer(command.type, UNANSWERED.text, UNANSWERED.retryAfterMs));
  }

  /** All of the answer has gone past. */
  private passed(request: Request): void {
    if (this.requests.has(request.id)) this.ended(request, undefined);
  }

  private ended(request: Request, errorCode: unknown): void {
    request.span?.end(errorCode);
    this.forget(request);
    const ms = this.clock.now() - request.openedAt;
    this.observer.answered(request.command.type, ms);
    this.trace(`${request.command.type} answered`, { ...idsOf(request), ms, errorCode });
  }

  private finish(request: Request, answer: Frame): void {
    this.ended(request, answer['error_code']);
    request.answered?.(answer);
    request.asker?.deliver(restoreId(answer, request.command));
  }

  private forget(request: Request): void {
    request.span?.end();
    request.timer?.cancel();
    request.chunks?.end();
    this.requests.delete(request.id);
    this.discount(request);
    this.proving.delete(request.id);
  }
}

/** Whether its asker sends it again by itself. */
function comesAgain({ asker, command }: Request): boolean {
  return asker?.repeats === true && isRepeatable(command);
}
