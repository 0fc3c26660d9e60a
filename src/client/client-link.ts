import { ChunkError, Heartbeat, TokenRenewer } from '../channel/index.js';
import {
  CHANNEL_NAMES,
  CLOSE_CODES,
  decodeBatch,
  decodeFrame,
  encodeFrame,
  FrameError,
  isBatch,
  PING_TEXT,
  readMessagesRead,
  readRetryAfterReason,
  requestIdOf,
  watchForJumps,
  withoutMessagesRead,
  type ChannelName,
  type Frame,
  type Timer,
} from '../protocol/index.js';
import { Acknowledger } from './acknowledger.js';
import { relayUrl, type ClientContext } from './client-options.js';
import type { ConnectionMeter } from './connection-meter.js';
import { dial } from './dial.js';
import type { ResumePoint } from './event-intake.js';
import { AnswerChunksError, IncomingChunks } from './incoming-chunks.js';
import type { WebSocketChannel } from './web-socket.js';

/** What a pair of sockets is opened for. */
export interface LinkTarget {
  /** `connectionId` or `id` of the environment. */
  readonly environment: string;
  readonly agentId: string | undefined;
  readonly conversationId: string | undefined;
  readonly clientId: string;
  /** The last event that was seen; sent on stream only (protocol section 5). */
  readonly resumeFrom: ResumePoint | undefined;
  /** Where it does not resume: how much of the past comes first (protocol section 5). */
  readonly history: 'all' | number | undefined;
  /** Whether the relay is to say which requests of this client it still has, first of all on control (protocol section 4). */
  readonly asksForRequests: boolean;
}

export interface LinkReceiver {
  /** A frame without the `seq` of its socket. */
  frame(frame: Frame, channel: ChannelName, bytes: number): void;
  /** A chunk of the answer to this request. @returns whether somebody waits for it */
  chunk(requestId: string): boolean;
  /** The answer came in chunks that cannot be taken. */
  unreadable(error: AnswerChunksError): void;
  /** Once. */
  down(end: LinkEnd): void;
}

/** How a link ended. */
export interface LinkEnd {
  /** For people. */
  readonly reason: string;
  /** How long the relay asked to stay away. */
  readonly retryAfterMs: number;
  /** The messages on control that the relay has acted upon, and no others; undefined where it did not say. */
  readonly messagesRead: number | undefined;
}

/** What a link works for, and what outlives it. */
export interface LinkParts {
  readonly receiver: LinkReceiver;
  /** Whether the reader of events has fallen behind, so that nothing is acknowledged on stream. */
  readonly held: () => boolean;
  /** Channels on which the relay has answered a ping, on any link so far; it is kept up. */
  readonly answered: Set<ChannelName>;
  readonly meter: ConnectionMeter;
  /** Ends the attempt to open it. */
  readonly signal: AbortSignal;
}

/** What this side keeps of one socket. */
interface SocketEnd {
  readonly acks: Acknowledger;
  readonly heartbeat: Heartbeat;
  readonly chunks: IncomingChunks;
}

const NORMAL_CLOSE = 1000;
/** When the relay ends one socket in order, the other one may bring answers for this long, in ms. */
const LAST_WORDS_MS = 1_000;

/** One pair of client sockets, for the life of both: if either closes, both go. */
export class ClientLink {
  private readonly ends = new Map<ChannelName, SocketEnd>();
  private phase: 'up' | 'ending' | 'down' = 'up';
  private messagesRead: number | undefined;
  private lastWords: Timer | undefined;
  private clockWatch: Timer | undefined;
  private readonly renewer: TokenRenewer | undefined;

  private constructor(
    private readonly context: ClientContext,
    private readonly sockets: Readonly<Record<ChannelName, WebSocketChannel>>,
    private readonly parts: LinkParts,
  ) {
    // Whoever is told nothing loses the link, is told why, and comes back with a token that it asks for then.
    const observer = { renewed: () => {}, failed: () => {} };
    const send = (frame: Frame): void => void this.send(frame);
    this.renewer = context.token && new TokenRenewer(context.clock, context.token, send, observer);
  }

  /**
   * Opens both sockets. Frames reach the receiver from `start` on.
   *
   * @throws what `dial` throws, and the reason of the signal
   */
  static async open(context: ClientContext, target: LinkTarget, parts: LinkParts): Promise<ClientLink> {
    const { meter, signal } = parts;
    // One for both: they live and die together.
    const token = await context.token?.();
    const dialled = CHANNEL_NAMES.map(async (channel) => {
      meter.socket(channel, 'connecting');
      const socket = await dial(context, socketUrl(context, target, channel), token, target.environment, signal);
      meter.socket(channel, 'open');
      return socket;
    });
    try {
      const [control, stream] = await Promise.all(dialled);
      if (!control || !stream) throw new RangeError('a pair has two sockets');
      return new ClientLink(context, { control, stream }, parts);
    } catch (error) {
      for (const outcome of await Promise.allSettled(dialled))
        if (outcome.status === 'fulfilled') outcome.value.terminate();
      for (const channel of CHANNEL_NAMES) meter.socket(channel, 'closed');
      throw error;
    }
  }

  start(): void {
    for (const channel of CHANNEL_NAMES) this.attend(channel, this.sockets[channel]);
    if (this.phase !== 'up') return;
    this.clockWatch = watchForJumps(this.context.clock, () => {
      for (const { heartbeat } of this.ends.values()) heartbeat.woke();
    });
  }

  /** Commands go on control, and so do their answers. @returns which of its messages this is, from 1 on; undefined: it is not sent */
  send(frame: object): number | undefined {
    const { control } = this.sockets;
    if (this.phase !== 'up' || !control.open) return undefined;
    control.send(encodeFrame(frame));
    return control.sent;
  }

  /** The reader has caught up: acknowledges what was held back. */
  release(): void {
    this.ends.get('stream')?.acks.flush();
  }

  /** Asks on control for an answer, so that its round trip is known. */
  probe(): void {
    this.ping('control');
  }

  /** Read on a channel, and not acknowledged, in bytes. */
  unacknowledgedBytes(channel: ChannelName): number {
    return this.ends.get(channel)?.acks.unacknowledgedBytes ?? 0;
  }

  /** Closes both sockets; the receiver hears no more. */
  close(): void {
    this.phase = 'down';
    this.stop();
    for (const channel of CHANNEL_NAMES) this.sockets[channel].close(NORMAL_CLOSE);
  }

  private attend(channel: ChannelName, socket: WebSocketChannel): void {
    const { clock, limits } = this.context;
    const held = channel === 'stream' ? this.parts.held : () => false;
    const acks = new Acknowledger(socket, clock, limits, held);
    const dead = (): void => this.fail(`${channel} fell silent`);
    const { heartbeatMs, maxUnansweredPings: maxUnanswered, wakePingMs: wakeProbeMs } = limits;
    const options = { heartbeatMs, maxUnanswered, wakeProbeMs };
    const ping = (): void => this.ping(channel);
    const heartbeat = new Heartbeat(clock, options, ping, this.parts.answered.has(channel), dead);
    const chunks = new IncomingChunks(limits.maxAnswerBytes, (requestId) => this.parts.receiver.chunk(requestId));
    this.ends.set(channel, { acks, heartbeat, chunks });
    socket.receive({
      message: (text, isBinary) => this.read(channel, text, isBinary),
      closed: (code, reason) => this.closed(channel, code, reason),
    });
  }

  private read(channel: ChannelName, text: string, isBinary: boolean): void {
    if (this.phase === 'down') return;
    const frames = this.decode(channel, text, isBinary);
    // Of a batch each counts as its share.
    const bytes = Math.ceil(text.length / frames.length);
    for (const frame of frames) if (this.isHeard) this.take(channel, frame, bytes);
  }

  private take(channel: ChannelName, { seq, ...rest }: Frame, bytes: number): void {
    this.parts.meter.received(channel, bytes);
    const end = this.ends.get(channel);
    if (rest.type === 'pong') {
      this.parts.answered.add(channel);
      this.parts.meter.ponged(channel);
      end?.heartbeat.pong();
    } else if (rest.type === 'chunk') this.join(channel, rest);
    else if (this.renewer?.take(rest)) return;
    else {
      end?.chunks.forget(requestIdOf(rest) ?? '');
      this.parts.receiver.frame(rest, channel, bytes);
    }
    if (typeof seq === 'number') end?.acks.received(seq, bytes);
  }

  /** An answer that cannot be joined concerns whoever waits for it; anything else may be an event, which the next link brings again. */
  private join(channel: ChannelName, frame: Frame): void {
    try {
      const joined = this.ends.get(channel)?.chunks.take(frame);
      if (joined) this.parts.receiver.frame(joined.frame, channel, joined.length);
    } catch (error) {
      if (error instanceof AnswerChunksError) this.parts.receiver.unreadable(error);
      else if (error instanceof ChunkError || error instanceof FrameError)
        this.fail(`${channel} brought chunks that are no frame`);
      else throw error;
    }
  }

  /** A frame that cannot be read but does not break the framing is left out: if it was an event, the next number shows the hole. */
  private decode(channel: ChannelName, text: string, isBinary: boolean): readonly Frame[] {
    try {
      return !isBinary && isBatch(text) ? decodeBatch(text) : [decodeFrame(text, isBinary)];
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      if (error.breaksFraming) this.fail(`${channel} brought a message that is no frame`);
      return [];
    }
  }

  private closed(channel: ChannelName, code: number, said: string): void {
    const isRestart = code === CLOSE_CODES.RESTART.code;
    if (channel === 'control') this.messagesRead = readMessagesRead(said);
    const askedMs = code === CLOSE_CODES.TOO_MANY.code ? readRetryAfterReason(said) : undefined;
    const words = withoutMessagesRead(said);
    const reason = `${channel} closed with ${code}${words === '' ? '' : ` (${words})`}`;
    if (isRestart && this.phase === 'up') this.hearOut(channel, reason);
    else this.fail(reason, askedMs);
  }

  /** Ends the other socket in order: what was said on it before is still heard, and the relay hears all that was sent. */
  private hearOut(closed: ChannelName, reason: string): void {
    this.phase = 'ending';
    this.lastWords = this.context.clock.after(LAST_WORDS_MS, () => this.fail(reason));
    for (const channel of CHANNEL_NAMES) if (channel !== closed) this.sockets[channel].close(NORMAL_CLOSE);
  }

  private fail(reason: string, retryAfterMs = 0): void {
    if (this.phase === 'down') return;
    this.phase = 'down';
    this.stop();
    for (const channel of CHANNEL_NAMES) this.sockets[channel].terminate();
    this.parts.receiver.down({ reason, retryAfterMs, messagesRead: this.messagesRead });
  }

  /** Asked again between frames: what is done about one may end it. */
  private get isHeard(): boolean {
    return this.phase !== 'down';
  }

  private ping(channel: ChannelName): void {
    this.parts.meter.pinged(channel);
    this.sockets[channel].send(PING_TEXT);
  }

  private stop(): void {
    for (const channel of CHANNEL_NAMES) this.parts.meter.socket(channel, 'closed');
    this.clockWatch?.cancel();
    this.lastWords?.cancel();
    this.renewer?.stop();
    for (const { acks, heartbeat } of this.ends.values()) {
      acks.stop();
      heartbeat.stop();
    }
  }
}

function socketUrl({ server, token }: ClientContext, target: LinkTarget, channel: ChannelName): URL {
  const { resumeFrom, history } = channel === 'stream' ? target : {};
  return relayUrl(server, `/v1/environments/${encodeURIComponent(target.environment)}/status/ws`, {
    agentId: target.agentId,
    conversationId: target.conversationId,
    channel,
    client: target.clientId,
    chunks: '1',
    batches: '1',
    renew: channel === 'control' && token ? '1' : undefined,
    requests: channel === 'control' && target.asksForRequests ? '1' : undefined,
    resumeFrom: resumeFrom?.seq.toString(),
    epoch: resumeFrom?.epoch,
    history: resumeFrom ? undefined : history?.toString(),
  });
}
