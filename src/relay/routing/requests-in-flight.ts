import {
  ERROR_CODES,
  isAnswerType,
  readChunk,
  requestIdOf,
  type Clock,
  type ErrorCode,
  type Frame,
  type Runtime,
  SparseMap,
} from '../../protocol/index.js';
import { AnswerInChunks, type AnswerInChunksLimits, type AnswerInChunksOutlets } from './answer-in-chunks.js';
import type { DeviceLink } from './device-link.js';
import type { DeviceBound } from './device-outbox.js';
import { relayAnswer, successAnswer, tooManyAnswer, UNANSWERED } from './error-answers.js';
import {
  awaitsAnswer,
  comesAgain,
  expectsAnswer,
  idsOf,
  requestOf,
  restoreId,
  type Asker,
  type Request,
  type RequestOptions,
} from './request.js';
import { RequestsByOwner } from './requests-by-owner.js';
import type { RoutingObserver } from './routing-observer.js';
import { isSilentOnStock, StockProofs } from './stock-proofs.js';

export interface RequestLimits extends AnswerInChunksLimits {
  /** ms after which the relay answers in place of a stock device. */
  readonly answerTimeoutMs: number;
  readonly maxRequests: number;
  readonly limits: {
    /** Of one asker; REST is none. */
    readonly unansweredPerClient: number;
  };
}

/** For whoever is to send a command again on its next socket. */
const MOVES = 'It was not passed on: another relay node serves this environment from now on.';

/** Follows commands by their ids, for the log. */
export type RequestTrace = (text: string, fields: Readonly<Record<string, unknown>>) => void;

/** Who asked what, by the ids that the relay made: an answer goes to the asker, and to nobody else. */
export class RequestsInFlight {
  private readonly requests = new SparseMap<string, Request>();
  private readonly proofs = new StockProofs();
  private readonly byOwner = new RequestsByOwner();

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
    const request = requestOf(command, bytes, asker, options, this.clock.now());
    this.requests.set(request.id, request);
    const ofOwner = this.byOwner.add(request);
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
  isRepetition(command: Frame, asker: Asker): boolean {
    return this.byOwner.isRepetition(command, asker);
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
    if (isSilentOnStock(type)) return this.finish(request, successAnswer(type, { path: request.command['path'] }));
    request.timer = this.clock.after(this.limits.answerTimeoutMs, () => this.timedOut(request));
    this.proofs.sent(request, link);
  }

  /** A stock device has shown an event: of one that answers neither `input` nor `sync` it says that they have arrived. */
  shown(runtime: Runtime, type: string): void {
    for (const { request, answer } of this.proofs.shown(runtime, type)) this.finish(request, answer);
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

  /**
   * What is to be asked elsewhere from now on: clients that send it again by themselves do so unasked, and of what waits for the device they
   * are told.
   */
  sendBack(): void {
    for (const request of this.requests.values()) {
      const { command, asker, link } = request;
      if (comesAgain(request)) this.forget(request);
      else if (!link && asker?.repeats === true && expectsAnswer(command))
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
    return this.byOwner.waitingFor(owner);
  }

  has(owner: object): boolean {
    return this.byOwner.has(owner);
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
    this.byOwner.delete(request);
    this.proofs.delete(request);
  }
}
