import { CHUNK_LENGTH, ChunkSource, encodeInPieces } from '../channel/index.js';
import {
  type ChunkAckFrame,
  type Clock,
  commandOf,
  encodeFrame,
  ERROR_CODES,
  type ErrorCode,
  errorAnswer,
  type Frame,
  MAX_OPEN_CHUNKED,
  MAX_UNCONFIRMED_LENGTH,
  readChunkAck,
  type Timer,
} from '../protocol/index.js';
import type { OpenLink } from '../transport/index.js';

/** Ids of a socket that are left to large events: answers may wait for their asker, events do not. */
export const EVENT_SLOTS = 2;
/** Answers that are sent at the same time; more wait. */
const MAX_SENDING = MAX_OPEN_CHUNKED - EVENT_SLOTS;

export interface LargeAnswersOptions {
  /** Bytes of one answer; counted in UTF-16 units of its text, like the other sizes here. */
  readonly maxAnswerBytes: number;
  readonly heldAnswerBytes: number;
  /** ms. */
  readonly answerStallMs: number;
  /** ms. */
  readonly answerTurnMs: number;
}

interface LargeAnswer {
  readonly requestId: string;
  readonly command: string;
  readonly frame: Frame;
  readonly length: number;
  source: ChunkSource;
  stall: Timer | undefined;
  /** How far it was ever taken. */
  furthest: number;
  /** How long it came no further while it had its turn, in ms. */
  stalledMs: number;
}

/**
 * Answers too large for one frame, or for control: they share the stream channel with events, each at the pace of its asker
 * (protocol section 6). An answer in chunks lives on one link: when that breaks, the server asks again. One that its asker
 * does not take lets others go first.
 */
export class LargeAnswers {
  /** By whose they are, in the order they came; those that are sent now, first. */
  private readonly answers = new Map<string, LargeAnswer>();
  private held = 0;
  private link: OpenLink | undefined;

  /** @param fail sends an error answer in place of one that cannot be sent, or no further */
  constructor(
    private readonly clock: Clock,
    private readonly options: LargeAnswersOptions,
    private readonly fail: (answer: Frame) => void,
  ) {}

  get settled(): boolean {
    return this.answers.size === 0;
  }

  linkUp(link: OpenLink): void {
    this.link = link.shape.chunked ? link : undefined;
  }

  /** Whoever waits for one of these has the server ask for it again. */
  linkDown(): void {
    this.link = undefined;
    for (const answer of this.answers.values()) this.forget(answer);
  }

  /** Sends an answer, in place of one to the same request. Without a link it is dropped: the next one brings the request again. */
  send(frame: Frame, requestId: string): void {
    if (!this.link) return;
    const command = commandOf(frame.type) ?? frame.type;
    const length = roughLengthOf(frame);
    if (this.held + length > this.options.heldAnswerBytes)
      return this.fail(errorAnswer(command, requestId, 'TOO_MANY', TOO_MUCH_HELD));
    const earlier = this.answers.get(requestId);
    if (earlier) this.forget(earlier);
    const source = this.sourceOf(frame, requestId);
    this.answers.set(requestId, {
      requestId,
      command,
      frame,
      length,
      source,
      stall: undefined,
      furthest: -1,
      stalledMs: 0,
    });
    this.held += length;
    this.sendNext();
  }

  /** Takes the server's `chunk_ack`. */
  take(frame: Frame): boolean {
    if (frame.type !== 'chunk_ack') return false;
    const ack = readChunkAck(frame);
    const answer = ack && this.answers.get(ack.id);
    if (answer) this.confirmed(answer, ack);
    return true;
  }

  private confirmed(answer: LargeAnswer, { index, stop }: ChunkAckFrame): void {
    const { source } = answer;
    const isKnown = source.confirmThrough(index);
    if (stop || (source.ended && !source.awaitsConfirmation)) return this.ended(answer);
    if (!isKnown || !answer.stall) return;
    // What is taken again after it has begun anew is no progress.
    if (index > answer.furthest) answer.stalledMs = 0;
    answer.furthest = Math.max(answer.furthest, index);
    this.goOn(answer);
  }

  private sourceOf(frame: Frame, requestId: string): ChunkSource {
    const maxUnconfirmed = MAX_UNCONFIRMED_LENGTH;
    // Its id is free for another once all of it is on its way.
    return new ChunkSource(this.bounded(frame, requestId), {
      id: requestId,
      requestId,
      maxUnconfirmed,
      done: () => this.sendNext(),
    });
  }

  private *bounded(frame: Frame, requestId: string): Generator<string, void> {
    let length = 0;
    for (const piece of encodeInPieces(frame, CHUNK_LENGTH)) {
      length += piece.length;
      if (length > this.options.maxAnswerBytes) {
        const answer = this.answers.get(requestId);
        if (answer) this.giveUp(answer, 'ANSWER_TOO_LARGE');
        return;
      }
      yield piece;
    }
  }

  private sendNext(): void {
    let sending = 0;
    for (const answer of this.answers.values()) {
      if (answer.source.ended) continue;
      if (++sending > MAX_SENDING) return;
      if (!answer.stall) this.goOn(answer);
    }
  }

  private goOn(answer: LargeAnswer): void {
    this.watch(answer);
    this.link?.stream.attach(answer.source, 'fair');
  }

  private watch(answer: LargeAnswer): void {
    const { answerStallMs, answerTurnMs } = this.options;
    const ms = Math.min(answerTurnMs, answerStallMs - answer.stalledMs);
    answer.stall?.cancel();
    answer.stall = this.clock.after(ms, () => {
      answer.stalledMs += ms;
      if (answer.stalledMs >= answerStallMs) this.giveUp(answer, 'COMMAND_TIMEOUT', STALLED);
      else if (!answer.source.ended && this.isAwaited) this.giveWay(answer);
      else this.watch(answer);
    });
  }

  /** Whether one waits for its turn. */
  private get isAwaited(): boolean {
    for (const { stall } of this.answers.values()) if (!stall) return true;
    return false;
  }

  /** It begins anew, behind those that wait. */
  private giveWay(answer: LargeAnswer): void {
    answer.source.stop();
    answer.source = this.sourceOf(answer.frame, answer.requestId);
    answer.stall = undefined;
    this.answers.delete(answer.requestId);
    this.answers.set(answer.requestId, answer);
    this.sendNext();
  }

  private giveUp(answer: LargeAnswer, code: ErrorCode, message: string = ERROR_CODES[code].message): void {
    this.ended(answer);
    this.fail(errorAnswer(answer.command, answer.requestId, code, message));
  }

  private ended(answer: LargeAnswer): void {
    this.forget(answer);
    this.sendNext();
  }

  private forget(answer: LargeAnswer): void {
    answer.stall?.cancel();
    answer.source.stop();
    this.answers.delete(answer.requestId);
    this.held -= answer.length;
  }
}

const STALLED = 'The rest of the answer was not taken in time; ask again.';
const TOO_MUCH_HELD = 'Too many large answers wait to be sent; ask again when one of them has come.';

/** What an answer holds in memory, about: its long texts are not encoded for that. */
function roughLengthOf(frame: Frame): number {
  let length = 0;
  for (const value of Object.values(frame)) length += typeof value === 'string' ? value.length : encodedLength(value);
  return length;
}

function encodedLength(value: unknown): number {
  return value === undefined ? 0 : encodeFrame([value]).length;
}
