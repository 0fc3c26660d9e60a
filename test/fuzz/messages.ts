import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { decodeBatch, decodeFrame, FrameError, isBatch } from '../../src/protocol/index.js';
import { mutate } from './mutation.js';
import type { Message } from './relay-cases.js';

/** Bytes of a frame that is taken; a socket takes twice as many before it closes. */
export const MAX_FRAME_BYTES = 64 * 1024;

/** What placeholders stand for while a case runs. */
export interface Filling {
  /** Ids of requests under way, of different askers. */
  readonly requests: readonly string[];
  readonly epoch: string;
  /** Other texts in place of placeholders. */
  readonly others?: Readonly<Record<string, unknown>>;
}

const UNNUMBERED = /^\{"type":"(?:ping|pong|ack|listener_ready)"/;

/** Writes the messages of one case: fills in what is only known now, numbers, changes. */
export class Writer {
  private next = 1;
  private asked = 0;
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly corpus: readonly string[],
    private readonly filling: Filling,
  ) {}

  /** @param numbered name of the socket whose frames are counted; undefined: they are not */
  text({ entry, mutations }: Message, numbered?: string): string {
    const frame = this.corpus[entry % this.corpus.length] ?? '{}';
    const { requests, epoch, others = {} } = this.filling;
    let filled = frame
      .replaceAll('"$next"', () => String(this.next++))
      .replaceAll('"$request"', () => JSON.stringify(requests[this.asked++ % requests.length] ?? 'nobody'))
      .replaceAll('$epoch', epoch);
    for (const [name, value] of Object.entries(others)) filled = filled.replaceAll(`"${name}"`, JSON.stringify(value));
    return mutate(
      numbered === undefined || UNNUMBERED.test(filled) ? filled : this.number(filled, numbered),
      mutations,
      this.corpus,
    );
  }

  private number(text: string, socket: string): string {
    const seq = (this.numbers.get(socket) ?? 0) + 1;
    this.numbers.set(socket, seq);
    return `{"seq":${seq},${text.slice(1)}`;
  }
}

/** What must become of a message. */
export interface Delivered {
  /** Why it is no frame. */
  readonly fault?: FrameError;
  /** What follows on its socket: more messages, its close, nothing, because the message was never ended, or its end from both sides. */
  readonly next: 'more' | 'close' | 'nothing' | 'end';
}

/** Sends a message in its shape. @param takesBatches whether its peer reads a message that holds several frames */
export function deliver(ws: WebSocket, text: string, { shape }: Message, takesBatches = false): Delivered {
  const third = Math.ceil(text.length / 3);
  switch (shape) {
    case 'fragments':
      ws.send(text.slice(0, third), { fin: false });
      ws.send(text.slice(third, 2 * third), { fin: false });
      ws.send(text.slice(2 * third), { fin: true });
      return { next: 'more' };
    case 'binary':
      ws.send(Buffer.from(text));
      return judged(text, true);
    case 'unfinished':
      ws.send(text, { fin: false });
      return { next: 'nothing' };
    case 'broken':
      // Reserved bits are set, and the length is a lie.
      (Reflect.get(ws, '_socket') as Socket).end(Buffer.concat([Buffer.from([0xf1, 0xff]), Buffer.from(text)]));
      return { next: 'end' };
    case 'too-large':
      ws.send(padded(text, 2 * MAX_FRAME_BYTES + 1));
      return { next: 'close' };
    default: {
      const sent = (shape === 'large' ? padded(text, MAX_FRAME_BYTES + 1) : text).toWellFormed();
      if (Buffer.byteLength(sent) > 2 * MAX_FRAME_BYTES) {
        ws.send(sent);
        return { next: 'close' };
      }
      ws.send(sent);
      return judged(sent, false, takesBatches);
    }
  }
}

function judged(text: string, isBinary: boolean, takesBatches = false): Delivered {
  try {
    if (takesBatches && isBatch(text)) decodeBatch(text);
    else decodeFrame(text, isBinary, { maxBytes: MAX_FRAME_BYTES });
    return { next: 'more' };
  } catch (error) {
    if (error instanceof FrameError) return { fault: error, next: error.breaksFraming ? 'close' : 'more' };
    throw error;
  }
}

function padded(text: string, bytes: number): string {
  return text.startsWith('{"') ? `{"pad":"${'x'.repeat(bytes)}",${text.slice(1)}` : text + ' '.repeat(bytes);
}
