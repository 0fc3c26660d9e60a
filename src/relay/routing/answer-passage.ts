import { type ChunkSlots, countedLength, type FrameSource, type OutgoingFrame } from '../../channel/index.js';
import { type ChunkFrame, encodeFrame } from '../../protocol/index.js';

export interface PassageOutlets {
  /** The asker's socket has taken this chunk. */
  readonly taken: (chunk: ChunkFrame) => void;
  /** The asker has the last one. */
  readonly delivered: () => void;
  /** The asker's socket is closed. */
  readonly lost: () => void;
}

/** The socket of the asker. */
export interface PassageSocket {
  /** There is more to send. */
  wake(): void;
  /** All of it is sent. */
  sent(): void;
  /** Whether the asker has it is of no interest any more. */
  left(): void;
}

/** One answer on its way through: the device's chunks, as they come, to the socket of the client that asked. */
export class AnswerPassage implements FrameSource {
  private readonly waiting: ChunkFrame[] = [];
  private waitingUnits = 0;
  private slots: ChunkSlots | undefined;
  /** On the asker's socket; undefined until it has begun there. */
  private id: string | undefined;
  private hasSent = false;
  private socket: PassageSocket | undefined;

  /** @param requestId as the client gave it */
  constructor(
    private readonly requestId: string,
    private readonly outlets: PassageOutlets,
  ) {}

  /** Whether all of it was given to the socket. */
  get isSent(): boolean {
    return this.hasSent;
  }

  /** What waits for the socket, as it counts (UTF-16 units). */
  get waitingLength(): number {
    return this.waitingUnits;
  }

  /** A socket takes it. */
  begin(slots: ChunkSlots, socket: PassageSocket): void {
    this.slots = slots;
    this.socket = socket;
  }

  push(chunk: ChunkFrame): void {
    this.waiting.push(chunk);
    this.waitingUnits += countedLength(chunk);
    this.socket?.wake();
  }

  /** The device begins again, and so does this, under the same id. */
  restart(): void {
    this.waiting.length = this.waitingUnits = 0;
  }

  next(): OutgoingFrame | undefined {
    const [chunk] = this.waiting;
    if (!chunk) return undefined;
    this.id ??= this.slots?.take();
    if (this.id === undefined) return undefined;
    this.waiting.shift();
    this.waitingUnits -= countedLength(chunk);
    const { index, last, data } = chunk;
    const passed: ChunkFrame = { type: 'chunk', id: this.id, request_id: this.requestId, index, last, data };
    if (last) this.sent();
    this.outlets.taken(chunk);
    return { text: encodeFrame(passed), ...(last ? { confirmed: this.outlets.delivered } : {}) };
  }

  /** Its socket is closed. */
  lost(): void {
    this.end();
    this.outlets.lost();
  }

  /** Nothing more goes this way. */
  end(): void {
    this.restart();
    this.sent();
    this.socket?.left();
    this.socket = undefined;
  }

  private sent(): void {
    if (this.hasSent) return;
    this.hasSent = true;
    if (this.id !== undefined) this.slots?.free();
    this.socket?.sent();
  }
}
