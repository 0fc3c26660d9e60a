import { createHash } from 'node:crypto';
import { BoundedMap } from '../conversations/index.js';
import { encodeFrame, type Frame } from '../protocol/index.js';

/** A command that has come at least once. */
export interface RememberedRequest {
  /** Undefined while the command runs. */
  readonly answer: Frame | undefined;
  /** Keeps the answer; one too large to keep belongs to a command that may be run again. */
  answered(answer: Frame): void;
}

/**
 * The last commands by `request_id`, with their answers: a command that comes again is not run twice (protocol section
 * 5). Only the very same command counts: a plain server passes ids of its clients on, which two of them may both use.
 */
export class RememberedRequests {
  private readonly requests: BoundedMap<Entry>;

  constructor(
    bound: number,
    private readonly maxAnswerBytes: number,
  ) {
    this.requests = new BoundedMap(bound);
  }

  /** What is known of this command; `isRepeated` when it is not to be run. */
  note(requestId: string, command: Frame): { readonly request: RememberedRequest; readonly isRepeated: boolean } {
    const fingerprint = fingerprintOf(command);
    const known = this.requests.get(requestId);
    if (known?.fingerprint === fingerprint && !known.mayRunAgain) return { request: known, isRepeated: true };
    const request = new Entry(fingerprint, this.maxAnswerBytes);
    this.requests.set(requestId, request);
    return { request, isRepeated: false };
  }
}

class Entry implements RememberedRequest {
  answer: Frame | undefined;
  mayRunAgain = false;

  constructor(
    readonly fingerprint: string,
    private readonly maxAnswerBytes: number,
  ) {}

  answered(answer: Frame): void {
    if (Buffer.byteLength(encodeFrame(answer)) <= this.maxAnswerBytes) this.answer = answer;
    else this.mayRunAgain = true;
  }
}

/** `seq` belongs to the socket, not to the command. */
function fingerprintOf({ seq: _seq, ...command }: Frame & { readonly seq?: unknown }): string {
  return createHash('sha256').update(encodeFrame(command)).digest('base64');
}
