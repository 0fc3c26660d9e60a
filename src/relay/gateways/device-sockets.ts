import type { ChannelSocket } from '../../channel/index.js';
import {
  CHANNEL_NAMES,
  CLOSE_CODES,
  decodeFrame,
  encodeFrame,
  FrameError,
  type ChannelName,
  type CloseCode,
  type Frame,
} from '../../protocol/index.js';
import type { Lease } from '../environments/environment.js';
import type { DeviceLink } from '../routing/device-link.js';
import type { Hello, OpenLink } from './pairing.js';

/** Who is told what happens to a link. */
export interface DeviceSocketsObserver {
  ready(link: DeviceSockets): void;
  frame(link: DeviceSockets, channel: ChannelName, frame: Frame): void;
  /** A message that is not taken as a frame; where its framing is broken, the link ends. */
  refused(link: DeviceSockets, channel: ChannelName, error: FrameError): void;
  heartbeat(link: DeviceSockets): void;
  /** Once, however it ended. `goodbye`: the listener closed it on purpose and is not coming back by itself. */
  ended(link: DeviceSockets, goodbye: boolean): void;
}

export interface DeviceSocketsLimits {
  /** Bytes of one message, and of all that may arrive before every socket is there. */
  readonly maxFrameBytes: number;
  /** Bytes of commands that may wait for the device to read. */
  readonly deviceBufferBytes: number;
}

const PONG = '{"type":"pong"}';
/** Frames that say nothing but that the socket lives. */
const SILENT: ReadonlySet<string> = new Set(['pong', 'ack']);

interface HeldMessage {
  readonly channel: ChannelName;
  readonly frame: Frame;
}

/**
 * One link of a device: a control and a stream socket that live and die together, or the one socket of a legacy
 * listener. `forming` until every socket is there, then `ready`, then `ended` for good.
 */
export class DeviceSockets implements DeviceLink, OpenLink {
  readonly lease: string;
  readonly processInstanceId: string | undefined;
  readonly namesEvents: boolean;
  readonly answersInput: boolean;
  readonly kind: 'split' | 'legacy';
  /** Messages that were no frames, but did not break the framing either. */
  refusedFrames = 0;
  private readonly sockets = new Map<ChannelName, ChannelSocket>();
  private phase: 'forming' | 'ready' | 'ended' = 'forming';
  private held: HeldMessage[] = [];
  private heldBytes = 0;

  constructor(
    readonly begunBy: Hello,
    readonly origin: Lease,
    private readonly observer: DeviceSocketsObserver,
    private readonly limits: DeviceSocketsLimits,
  ) {
    this.lease = origin.id;
    this.processInstanceId = origin.processInstanceId;
    this.namesEvents = origin.namesEvents;
    this.answersInput = origin.answersInput;
    this.kind = begunBy.kind === 'legacy' ? 'legacy' : 'split';
  }

  get state(): 'forming' | 'ready' | 'ended' {
    return this.phase;
  }

  get channels(): ReadonlySet<ChannelName> {
    return new Set(this.sockets.keys());
  }

  /** Takes a socket that pairing let in. The only socket of a legacy link counts as control. */
  add(hello: Hello, socket: ChannelSocket): void {
    const channel = hello.kind === 'legacy' ? 'control' : hello.channel;
    this.sockets.set(channel, socket);
    if (hello.kind === 'paired') socket.send(encodeFrame(listenerReady(hello.generation, hello.attempt)));
    socket.receive({
      message: (text, isBinary) => this.receive(channel, socket, text, isBinary),
      closed: (code) => this.socketClosed(code),
    });
    if (this.kind === 'legacy' || this.sockets.size === CHANNEL_NAMES.length) this.becomeReady();
  }

  /** A device that does not read loses its link; what was sent on it is in flight for good. */
  send(frame: object): void {
    const control = this.sockets.get('control');
    if (!control) return;
    if (control.bufferedAmount > this.limits.deviceBufferBytes) control.terminate();
    else control.send(encodeFrame(frame));
  }

  close(code: number, reason: string): void {
    this.end(false, (socket) => socket.close(code, reason));
  }

  /** Cuts sockets that would not answer a close. */
  terminate(): void {
    this.end(false, (socket) => socket.terminate());
  }

  private becomeReady(): void {
    if (this.phase !== 'forming') return;
    this.phase = 'ready';
    this.observer.ready(this);
    for (const { channel, frame } of this.held.splice(0)) this.observer.frame(this, channel, frame);
  }

  private receive(channel: ChannelName, socket: ChannelSocket, text: string, isBinary: boolean): void {
    if (this.phase === 'ended') return;
    const frame = this.decode(channel, socket, text, isBinary);
    if (!frame || SILENT.has(frame.type)) return;
    if (frame.type === 'ping') {
      socket.send(PONG);
      this.observer.heartbeat(this);
    } else if (this.phase === 'ready') this.observer.frame(this, channel, frame);
    else this.hold(channel, frame, text.length);
  }

  private decode(channel: ChannelName, socket: ChannelSocket, text: string, isBinary: boolean): Frame | undefined {
    try {
      return decodeFrame(text, isBinary, { maxBytes: this.limits.maxFrameBytes });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.observer.refused(this, channel, error);
      if (error.breaksFraming) this.closeFor(socket, error);
      else this.refusedFrames++;
      return undefined;
    }
  }

  private closeFor(culprit: ChannelSocket, { fault, message }: FrameError): void {
    const { code } = fault === 'BINARY' ? CLOSE_CODES.UNSUPPORTED : CLOSE_CODES.INVALID;
    this.end(false, (socket) => (socket === culprit ? socket.close(code, message) : closeOther(socket)));
  }

  /** A listener may speak on its first socket before the second is there. */
  private hold(channel: ChannelName, frame: Frame, bytes: number): void {
    this.heldBytes += bytes;
    this.held.push({ channel, frame });
    if (this.heldBytes > this.limits.maxFrameBytes)
      this.close(CLOSE_CODES.TRY_LATER.code, 'Too much was sent before the second socket was open.');
  }

  private socketClosed(code: number): void {
    const goodbyes: readonly CloseCode[] = [CLOSE_CODES.NORMAL, CLOSE_CODES.GOING_AWAY];
    this.end(
      goodbyes.some((goodbye) => goodbye.code === code),
      closeOther,
    );
  }

  private end(goodbye: boolean, finish: (socket: ChannelSocket) => void): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.held = [];
    for (const socket of this.sockets.values()) finish(socket);
    this.observer.ended(this, goodbye);
  }
}

function closeOther(socket: ChannelSocket): void {
  socket.close(CLOSE_CODES.GOING_AWAY.code, 'The other socket of this pair is gone.');
}

/** The attempt is echoed as a number: stock listeners compare it with theirs. */
function listenerReady(generation: string, attempt: number): Frame {
  return { type: 'listener_ready', connection_generation: generation, connection_attempt: attempt };
}
