import { createHash } from 'node:crypto';
import { BoundedMap } from '../conversations/index.js';
import { encodeFrame, errorAnswer, type Frame, isLarger, isLongFrame } from '../protocol/index.js';

/** What is remembered of a command, and what of it the memory has to know. */
export interface NewRequest {
  readonly requestId: string;
  readonly command: Frame;
  /** False for commands that nobody answers, such as those of terminals. */
  readonly isAnswered: boolean;
  /** Whether it only reads, so that running it again does no harm. */
  readonly isReading: boolean;
}

/** A command that has come at least once. */
export interface RememberedRequest {
  /** Undefined while the command runs, and for one that nobody answers. */
  readonly answer: Frame | undefined;
  /** The command has ended. */
  answered(answer: Frame): void;
}

/**
 * The last commands by `request_id`, with their answers: a command that comes again is not run twice (protocol section
 * 5). Only the very same command counts: a plain server passes ids of its clients on, which two of them may both use.
 *
 * Commands that run are never forgotten, however many come meanwhile; those that nobody answers, which come by the
 * thousand, have a list of their own. An answer too large to keep is read once more where the command only reads; any
 * other command is then answered with an error that says that it has run.
 */
export class RememberedRequests {
  private readonly running = new Map<string, Entry>();
  private readonly ended: BoundedMap<Entry>;
  private readonly unanswered: BoundedMap<Entry>;

  /** @param bound commands of each list */
  constructor(
    bound: number,
    private readonly maxAnswerBytes: number,
  ) {
    this.ended = new BoundedMap(bound);
    this.unanswered = new BoundedMap(bound);
  }

  /** What is known of this command; `isRepeated` when it is not to be run. */
  note(request: NewRequest): { readonly request: RememberedRequest; readonly isRepeated: boolean } {
    const key = keyOf(request);
    const known = this.running.get(key) ?? this.ended.get(key) ?? this.unanswered.get(key);
    if (known && !known.mayRunAgain) return { request: known, isRepeated: true };
    const { requestId, command, isReading } = request;
    const entry = new Entry({ requestId, type: command.type, isReading }, this.maxAnswerBytes, () => {
      this.running.delete(key);
      this.ended.set(key, entry);
    });
    if (request.isAnswered) this.running.set(key, entry);
    else this.unanswered.set(key, entry);
    return { request: entry, isRepeated: false };
  }
}

class Entry implements RememberedRequest {
  answer: Frame | undefined;
  mayRunAgain = false;

  constructor(
    // Not the command itself, which may be large.
    private readonly request: Pick<NewRequest, 'requestId' | 'isReading'> & { readonly type: string },
    private readonly maxAnswerBytes: number,
    private readonly ended: () => void,
  ) {}

  answered(answer: Frame): void {
    const { type, requestId, isReading } = this.request;
    const isKept = !isLongFrame(answer, this.maxAnswerBytes) && !isLarger(encodeFrame(answer), this.maxAnswerBytes);
    if (isKept) this.answer = answer;
    else if (isReading) this.mayRunAgain = true;
    else this.answer = errorAnswer(type, requestId, 'ANSWER_TOO_LARGE', HAS_RUN);
    this.ended();
  }
}

const HAS_RUN =
  'This command has run, and is not run twice; its answer was too large to be kept. Look at what it did before you repeat it.';

/** `seq` belongs to the socket, not to the command. */
function keyOf({ requestId, command: { seq: _seq, ...command } }: NewRequest): string {
  return `${requestId} ${createHash('sha256').update(encodeFrame(command)).digest('base64')}`;
}
