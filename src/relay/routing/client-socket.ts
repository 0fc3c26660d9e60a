import {
  ChannelSender,
  ChunkingSource,
  ChunkSlots,
  type FrameSource,
  type SocketReceiver,
} from '../../channel/index.js';
import {
  CLOSE_CODES,
  decodeFrame,
  DEFAULT_MAX_ANSWER_BYTES,
  FrameError,
  MAX_OPEN_CHUNKED,
  PONG_TEXT,
  retryAfterReason,
  runtimeKey,
  type ChannelName,
  type Clock,
  type CloseCode,
  type Frame,
  type Runtime,
  SparseMap,
} from '../../protocol/index.js';
import { FrameRate, tooManyFrames } from '../access/frame-rate.js';
import type { AnswerPassage } from './answer-passage.js';
import type { ClientAttachment } from './client-attachment.js';
import { DirectFrames, type DirectFrame } from './direct-frames.js';
import { unreadableAnswer } from './error-answers.js';
import type { Guard } from './guard.js';
import { HistoryCursor } from './history-cursor.js';
import type { ReplayTurns } from './replay-turns.js';
import type { Placement } from './resume.js';
import type { RoutingObserver } from './routing-observer.js';
import type { RoutingOptions } from './routing.options.js';
import type { RuntimeRecord } from './runtimes.js';

export interface ClientSocketReceiver {
  /** @param bytes of the message it came in */
  command(frame: Frame, bytes: number): void;
  /** Once. Everything undelivered has been given back. */
  closed(): void;
}

interface Followed {
  readonly cursor: HistoryCursor;
  readonly stop: () => void;
}

/** Answers on their way to one socket in chunks, and the ids for them. */
interface Carried {
  readonly slots: ChunkSlots;
  readonly passages: Set<AnswerPassage>;
}

/** Ids of one socket that are left to large events: an answer may wait for its device, events do not. */
const EVENT_SLOTS = 2;
const ANSWER_SLOTS = MAX_OPEN_CHUNKED - EVENT_SLOTS;
/** The conversation of an agent that is meant when a client names none. */
const DEFAULT_CONVERSATION = 'default';

/** One socket of a client: numbered frames out, acknowledgements and commands in. */
export class ClientSocket implements SocketReceiver {
  /** What its upgrade selected; undefined: unscoped frames only. */
  readonly runtime: Runtime | undefined;
  /** Made when there is something to send: on the control socket of a client that only watches there never is. */
  private begun: ChannelSender | undefined;
  /** Made for the first of them, or with the sender. */
  private begunDirect: DirectFrames | undefined;
  private readonly followed = new SparseMap<string, Followed>();
  /** Made for the first answer in chunks. */
  private carried: Carried | undefined;
  /** Made with the first source of events. */
  private eventSlots: ChunkSlots | undefined;
  /** Made for the first message that nothing else holds back. */
  private rate: FrameRate | undefined;
  /** The newest `seq` that the client has acknowledged. */
  private acknowledgedSeq = 0;
  private readonly openedAt: number;
  private isOver = false;
  private isHeld = false;
  private receiver: ClientSocketReceiver | undefined;

  constructor(
    readonly attachment: ClientAttachment,
    private readonly options: RoutingOptions,
    private readonly observer: RoutingObserver,
    private readonly guard: Guard,
    private readonly clock: Clock,
    private readonly turns: ReplayTurns,
  ) {
    this.runtime = runtimeOf(attachment);
    this.openedAt = clock.elapsed();
  }

  get channel(): ChannelName | undefined {
    return this.attachment.channel;
  }

  get isOpen(): boolean {
    return !this.isOver && this.attachment.socket.open;
  }

  /** Time since it opened, in ms. */
  get ageMs(): number {
    return this.clock.elapsed() - this.openedAt;
  }

  get carriesEvents(): boolean {
    return this.channel !== 'control';
  }

  /** Whether frames that are no events and nobody's answers go here. */
  get carriesRest(): boolean {
    return this.channel !== 'stream';
  }

  get takesChunks(): boolean {
    return this.attachment.chunks === true;
  }

  get mayApprove(): boolean {
    return this.attachment.mayApprove;
  }

  get maySteer(): boolean {
    return this.attachment.maySteer;
  }

  /** Starts reading; last, because what came before is handed over at once. */
  start(receiver: ClientSocketReceiver): void {
    this.receiver = receiver;
    this.attachment.socket.receive(this);
  }

  message(text: string, isBinary: boolean): void {
    this.guard('a client frame', () => this.read(text, isBinary));
  }

  closed(): void {
    this.guard('the end of a client socket', () => this.end());
  }

  send(frame: DirectFrame): void {
    if (!this.isOpen) return frame.undelivered?.();
    const fits = this.direct.push(frame);
    if (fits) this.sender.wake();
    else this.stalled();
  }

  /** Sends a runtime's events from a place on; at most once per runtime. */
  follow(record: RuntimeRecord, placement: Placement): HistoryCursor {
    const known = this.followed.get(record.key);
    if (known) return known.cursor;
    const keyedOnly = !this.carriesEvents;
    const { mayApprove, turns } = this;
    const wake = (): void => this.begun?.wake();
    const cursor = new HistoryCursor(record.history, placement, { mayApprove, keyedOnly, turns, wake });
    const source = this.safe(this.inChunks(cursor));
    const unsubscribe = record.history.subscribe(cursor);
    this.followed.set(record.key, { cursor, stop: () => (unsubscribe(), this.begun?.detach(source)) });
    this.sender.attach(source);
    return cursor;
  }

  /** Sends an answer that comes in chunks, beside everything else. */
  carry(passage: AnswerPassage): void {
    const source = this.safe(passage);
    const { slots, passages } = (this.carried ??= { slots: new ChunkSlots(ANSWER_SLOTS), passages: new Set() });
    passages.add(passage);
    passage.begin(slots, {
      wake: () => this.begun?.wake(),
      sent: () => {
        this.begun?.detach(source);
        this.begun?.wake();
      },
      left: () => void passages.delete(passage),
    });
    this.sender.attach(source);
  }

  cursorOf(runtime: Runtime): HistoryCursor | undefined {
    return this.followed.get(runtimeKey(runtime))?.cursor;
  }

  /** A source outside of events has news, or a cursor was shown something. */
  wake(): void {
    this.begun?.wake();
  }

  /** The device has said what it has. */
  settleCursors(): void {
    for (const { cursor } of this.followed.values()) cursor.settle();
  }

  /** Sends nothing until it is released, but pongs. */
  hold(): void {
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.begun?.wake();
  }

  close({ code }: CloseCode, reason: string): void {
    this.observer.closed(code);
    this.attachment.socket.close(code, reason);
  }

  /** It sends more than it may. @param text what, in few words */
  overrun(text: string, retryAfterMs: number): void {
    const reason = retryAfterReason(text, retryAfterMs);
    this.close(this.isNamed ? CLOSE_CODES.TOO_MANY : CLOSE_CODES.TRY_LATER, reason);
  }

  /** Large events go in pieces to whoever takes them. */
  private inChunks(cursor: HistoryCursor): FrameSource {
    if (!this.takesChunks) return cursor;
    this.eventSlots ??= new ChunkSlots(EVENT_SLOTS, DEFAULT_MAX_ANSWER_BYTES);
    return new ChunkingSource(cursor, this.eventSlots);
  }

  private get sentCount(): number {
    return this.begun?.sent ?? 0;
  }

  private get direct(): DirectFrames {
    return (this.begunDirect ??= new DirectFrames(this.options.directBytes, () => this.sentCount + 1));
  }

  private get sender(): ChannelSender {
    return (this.begun ??= this.begin());
  }

  private begin(): ChannelSender {
    const { options, observer } = this;
    const sender = new ChannelSender(this.attachment.socket, this.clock, {
      numbered: true,
      bufferBound: options.socketBufferBytes,
      window: options.window,
      inFlightChanged: (bytes) => observer.inFlight(bytes),
      paceChanged: (windowBytes, bytesPerSecond) => observer.paced(windowBytes, bytesPerSecond),
      confirmedAfter: (ms) => observer.confirmedAfter(ms),
    });
    sender.attach(this.safe(this.direct.urgent), 'urgent');
    sender.attach(this.safe(this.direct.fair));
    if (this.isOver) sender.end();
    return sender;
  }

  private read(text: string, isBinary: boolean): void {
    if (this.isOver) return;
    const frame = this.decode(text, isBinary);
    if (!frame) return;
    if (frame.type === 'ack') return this.acknowledge(frame['seq']);
    const isBeat = frame.type === 'ping' || frame.type === 'pong';
    if (!isBeat) return this.receiver?.command(frame, text.length);
    if (this.isWithinRate() && frame.type === 'ping') this.pong();
  }

  private decode(text: string, isBinary: boolean): Frame | undefined {
    try {
      return decodeFrame(text, isBinary, { maxBytes: this.options.maxFrameBytes });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.observer.dropped('unreadable');
      if (error.breaksFraming)
        this.close(error.fault === 'BINARY' ? CLOSE_CODES.UNSUPPORTED : CLOSE_CODES.INVALID, error.message);
      else if (this.isWithinRate()) this.refuse(error);
      return undefined;
    }
  }

  /** A message that is no frame but says where an answer would belong. */
  private refuse({ message, value = {} }: FrameError): void {
    const answer = unreadableAnswer(value, message);
    if (answer) this.send({ text: answer, urgency: 'urgent' });
  }

  /** Pongs have no number, and a client that does not read gets none. */
  private pong(): void {
    const { socket } = this.attachment;
    if (socket.bufferedAmount > this.options.socketBufferBytes) this.observer.dropped('stalled-pong');
    else socket.send(PONG_TEXT);
  }

  private acknowledge(seq: unknown): void {
    const isCount = typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 0;
    // As many as there were frames to acknowledge are always fine.
    if ((!isCount || seq <= this.acknowledgedSeq) && !this.isWithinRate()) return;
    if (!isCount) return this.observer.dropped('unreadable');
    if (seq > this.sentCount)
      return this.close(CLOSE_CODES.POLICY, `Acknowledged ${seq}, but only ${this.sentCount} were sent.`);
    this.acknowledgedSeq = Math.max(this.acknowledgedSeq, seq);
    this.begunDirect?.acknowledged(seq);
    this.begun?.confirmThrough(seq);
  }

  /** Whether one more message that nothing else holds back is not too much; else the socket is closed. */
  private isWithinRate(): boolean {
    // What is on its way behind the close: whoever sent it is told already.
    if (!this.isOpen) return false;
    const { limits } = this.options;
    const waitMs = (this.rate ??= new FrameRate(this.clock, limits)).take();
    if (waitMs === 0) return true;
    this.observer.limited('frames');
    this.overrun(tooManyFrames(limits), waitMs);
    return false;
  }

  private stalled(): void {
    this.close(this.isNamed ? CLOSE_CODES.STALLED : CLOSE_CODES.TRY_LATER, 'Too much waits here unread; reconnect.');
  }

  private get isNamed(): boolean {
    return this.attachment.client !== undefined;
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const { cursor, stop } of this.followed.values()) {
      stop();
      cursor.end();
    }
    for (const passage of this.carried?.passages ?? []) passage.lost();
    this.begunDirect?.end();
    this.begun?.end();
    this.receiver?.closed();
  }

  /** A source that fails must not take the process with it: the sender asks it outside of any call of ours. */
  private safe(source: FrameSource): FrameSource {
    return {
      next: () => {
        let frame: ReturnType<FrameSource['next']>;
        if (this.isHeld) return undefined;
        this.guard('a frame for a client', () => (frame = source.next()));
        return frame;
      },
    };
  }
}

function runtimeOf({ agentId, conversationId }: ClientAttachment): Runtime | undefined {
  if (conversationId !== undefined) return { agent_id: agentId ?? null, conversation_id: conversationId };
  return agentId === undefined ? undefined : { agent_id: agentId, conversation_id: DEFAULT_CONVERSATION };
}
