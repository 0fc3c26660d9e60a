import { countedLength } from '../../channel/index.js';
import {
  type ChunkFrame,
  type Clock,
  decodeFrame,
  type ErrorCode,
  type Frame,
  FrameError,
  isAnswerType,
  MAX_UNCONFIRMED_LENGTH,
  type Timer,
} from '../../protocol/index.js';
import { AnswerPassage } from './answer-passage.js';

/** What became of a passage that looked for a socket. */
export type PassageVerdict =
  | 'passed'
  /** The asker takes answers in one. */
  | 'join'
  /** No socket of the asker is open. */
  | 'away';

export interface AnswerInChunksLimits {
  /** Bytes of one answer in chunks. */
  readonly maxAnswerBytes: number;
  /** Bytes of one answer for an asker that takes it in one. */
  readonly maxFrameBytes: number;
  /** ms in which a device that began an answer must go on with it. */
  readonly answerStallMs: number;
}

export interface AnswerInChunksOutlets {
  /** Looks for the asker's socket; undefined: the asker takes answers in one. */
  readonly passTo: ((passage: AnswerPassage) => PassageVerdict) | undefined;
  /** Tells the device which chunks were taken; with `stop` that nobody takes the rest. */
  readonly confirm: (index: number, stop: boolean) => void;
  /** The asker has all of it. */
  readonly passed: () => void;
  /** It was joined here. */
  readonly joined: (answer: Frame) => void;
  readonly failed: (code: ErrorCode, message?: string) => void;
  /** The asker's socket closed before it had all of it. */
  readonly lost: () => void;
}

const STALLED = 'The device began to answer, and then did not go on; ask again.';
const NO_ANSWER = "The device's answer came in pieces that do not fit together.";
/** More waits here only when a device sends what was not confirmed. */
const MAX_WAITING = 2 * MAX_UNCONFIRMED_LENGTH;

/**
 * One answer that a device sends in chunks (protocol section 6): they go on to the asker as they come, and what its socket takes is
 * confirmed to the device, so that a slow asker costs no memory here and holds nobody up. For an asker that takes no chunks
 * they are joined, as far as one frame goes. A device that stops in the middle does not hold up the asker's other answers for ever.
 */
export class AnswerInChunks {
  private phase: 'waiting' | 'passing' | 'joining' = 'waiting';
  private next = 0;
  private length = 0;
  private readonly pieces: string[] = [];
  private passage: AnswerPassage | undefined;
  /** When anything was last heard of it; of `Clock.elapsed`. */
  private movedAt = 0;
  private timer: Timer | undefined;

  /** @param requestId as the client gave it; one that is no text has its answer joined */
  constructor(
    private readonly requestId: unknown,
    private readonly limits: AnswerInChunksLimits,
    private readonly outlets: AnswerInChunksOutlets,
    private readonly clock: Clock,
  ) {}

  take(chunk: ChunkFrame): void {
    if (chunk.index === 0) this.begin();
    // The rest of what was stopped.
    if (this.phase === 'waiting') return;
    if (chunk.index !== this.next) return this.fail('COMMAND_FAILED', NO_ANSWER);
    this.next++;
    this.moved(chunk.last);
    this.length += countedLength(chunk);
    if (this.length > this.limits.maxAnswerBytes) return this.fail('ANSWER_TOO_LARGE');
    if (this.phase === 'passing') this.pass(chunk);
    else this.join(chunk);
  }

  /** The device's link is over: it will begin again. */
  interrupt(): void {
    this.phase = 'waiting';
    this.unwatch();
    this.pieces.length = 0;
    this.passage?.restart();
  }

  /** The request has ended otherwise. */
  end(): void {
    this.interrupt();
    this.passage?.end();
    this.passage = undefined;
  }

  private begin(): void {
    this.interrupt();
    this.next = this.length = 0;
    // Whether it was delivered is not known, and the device sends it again.
    if (this.passage?.isSent) this.end();
    const verdict = this.passage ? 'passed' : this.findSocket();
    if (verdict === 'away') return this.cut();
    this.phase = verdict === 'passed' ? 'passing' : 'joining';
  }

  private findSocket(): PassageVerdict {
    const { passTo, passed } = this.outlets;
    if (!passTo || typeof this.requestId !== 'string' || this.requestId === '') return 'join';
    const passage = new AnswerPassage(this.requestId, {
      taken: ({ index, last }) => {
        this.moved(last);
        this.outlets.confirm(index, false);
      },
      delivered: passed,
      lost: () => {
        this.passage = undefined;
        this.cut();
      },
    });
    const verdict = passTo(passage);
    if (verdict === 'passed') this.passage = passage;
    return verdict;
  }

  private pass(chunk: ChunkFrame): void {
    this.passage?.push(chunk);
    if ((this.passage?.waitingLength ?? 0) > MAX_WAITING) this.fail('COMMAND_FAILED', NO_ANSWER);
  }

  private join({ index, last, data }: ChunkFrame): void {
    this.pieces.push(data);
    if (this.length > this.limits.maxFrameBytes) return this.fail('ANSWER_TOO_LARGE');
    this.outlets.confirm(index, false);
    if (!last) return;
    const answer = this.read(this.pieces.splice(0).join(''));
    if (answer) this.outlets.joined(answer);
    else this.fail('COMMAND_FAILED', NO_ANSWER);
  }

  private read(text: string): Frame | undefined {
    try {
      const answer = decodeFrame(text, false, { maxBytes: this.limits.maxFrameBytes });
      return isAnswerType(answer.type) ? answer : undefined;
    } catch (error) {
      if (error instanceof FrameError) return undefined;
      throw error;
    }
  }

  /** Something came, or went on. @param isLast nothing more is to come */
  private moved(isLast: boolean): void {
    this.movedAt = this.clock.elapsed();
    if (isLast) this.unwatch();
    else this.timer ??= this.clock.after(this.limits.answerStallMs, this.look);
  }

  private unwatch(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private readonly look = (): void => {
    this.timer = undefined;
    const { clock, limits, movedAt } = this;
    // While something waits here for the asker, it is not the device that holds it up.
    if ((this.passage?.waitingLength ?? 0) > 0) return this.moved(false);
    const leftMs = movedAt + limits.answerStallMs - clock.elapsed();
    if (leftMs > 0) this.timer = clock.after(leftMs, this.look);
    else this.fail('COMMAND_TIMEOUT', STALLED);
  };

  private fail(code: ErrorCode, message?: string): void {
    this.stop();
    this.outlets.failed(code, message);
  }

  /** The asker is not there. */
  private cut(): void {
    this.stop();
    this.outlets.lost();
  }

  private stop(): void {
    this.phase = 'waiting';
    this.unwatch();
    this.outlets.confirm(this.next - 1, true);
  }
}
