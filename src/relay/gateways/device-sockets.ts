import type { ChannelSocket } from '../../channel/index.js';
import {
  CHANNEL_NAMES,
  CLOSE_CODES,
  encodeFrame,
  type ChannelName,
  type Clock,
  type CloseCode,
  type Frame,
  type FrameError,
  type RewindFrame,
  type Timer,
} from '../../protocol/index.js';
import type { LimitName } from '../access/limit-name.js';
import type { Lease } from '../environments/environment.js';
import type { DeviceLink, Responsibility } from '../routing/device-link.js';
import { DeviceChannel, type DeviceChannelLimits, type DeviceChannelObserver } from './device-channel.js';
import type { Hello, OpenLink } from './pairing.js';

export interface DeviceLinkLimits extends DeviceChannelLimits {
  /** ms from a pair's first socket to its second. */
  readonly helloDeadlineMs: number;
}

/** Who is told what happens to a link. */
export interface DeviceSocketsObserver {
  ready(link: DeviceSockets): void;
  /** @param text of the message it came in */
  frame(link: DeviceSockets, channel: ChannelName, frame: Frame, text: string): Responsibility;
  /** A message that is not taken as a frame; where its framing is broken, the link ends. */
  refused(link: DeviceSockets, channel: ChannelName, error: FrameError): Responsibility;
  heartbeat(link: DeviceSockets): void;
  /** It ran into a limit. */
  limited(limit: LimitName): void;
  /** Once, however it ended. */
  ended(link: DeviceSockets, end: LinkEnd): void;
}

/**
 * How a link ended. `goodbye`: the listener closed it on purpose and is not coming back by itself; `refused`: its token does not let it in any
 * longer; `broken`: anything else.
 */
export type LinkEnd = 'goodbye' | 'refused' | 'broken';

const GOODBYES: readonly CloseCode[] = [CLOSE_CODES.NORMAL, CLOSE_CODES.GOING_AWAY];
/** What a socket is cut with whose token ended (`accessClosing`). */
const REFUSALS: readonly CloseCode[] = [CLOSE_CODES.TOKEN_REFUSED, CLOSE_CODES.POLICY];

/**
 * One link of a device: a control and a stream socket that live and die together, or the one socket of a legacy
 * listener. `forming` until every socket is there, then `ready`, then `ended` for good.
 */
export class DeviceSockets implements DeviceLink, OpenLink, DeviceChannelObserver {
  /** Messages that were no frames, but did not break the framing either. */
  refusedFrames = 0;
  private control: DeviceChannel | undefined;
  private stream: DeviceChannel | undefined;
  private phase: 'forming' | 'ready' | 'ended' = 'forming';
  /** What came before every socket was there. */
  private held: (() => void)[] | undefined;
  private heldBytes = 0;
  /** Until when every socket must be there. */
  private deadline: Timer | undefined;

  /** @param limits `maxFrameBytes` bounds all that may arrive before every socket is there, too */
  constructor(
    readonly begunBy: Hello,
    readonly origin: Lease,
    private readonly observer: DeviceSocketsObserver,
    private readonly limits: DeviceLinkLimits,
    private readonly clock: Clock,
  ) {
    if (this.kind === 'legacy') return;
    this.deadline = clock.after(limits.helloDeadlineMs, () =>
      this.close(CLOSE_CODES.TRY_LATER.code, 'The second socket of this pair did not come in time.'),
    );
  }

  get state(): 'forming' | 'ready' | 'ended' {
    return this.phase;
  }

  get channels(): ReadonlySet<ChannelName> {
    return new Set(this.sockets.map(({ name }) => name));
  }

  get lease(): string {
    return this.origin.id;
  }

  get processInstanceId(): string | undefined {
    return this.origin.processInstanceId;
  }

  get namesEvents(): boolean {
    return this.origin.namesEvents;
  }

  get answersInput(): boolean {
    return this.origin.answersInput;
  }

  get kind(): 'split' | 'legacy' {
    return this.begunBy.kind === 'legacy' ? 'legacy' : 'split';
  }

  get resumable(): boolean {
    return this.origin.resumable && this.begunBy.kind === 'paired';
  }

  get chunked(): boolean {
    return this.origin.chunked;
  }

  /** Takes a socket that pairing let in. The only socket of a legacy link counts as control. */
  add(hello: Hello, bare: ChannelSocket): void {
    const name = hello.kind === 'legacy' ? 'control' : hello.channel;
    const socket = new DeviceChannel(name, bare, this.clock, this.limits, this, this);
    this[name] = socket;
    if (hello.kind === 'paired') bare.send(encodeFrame(listenerReady(hello.generation, hello.attempt)));
    socket.start();
    if (this.kind === 'legacy' || this.sockets.length === CHANNEL_NAMES.length) this.becomeReady();
  }

  send(frame: object, safe?: () => void): void {
    this.control?.send(frame, { safe });
  }

  rewind(frame: RewindFrame): Promise<void> {
    return new Promise((taken) => this.stream?.send(frame, { taken }));
  }

  close(code: number, reason: string): void {
    this.end('broken', (socket) => socket.close(code, reason));
  }

  /** Cuts sockets that would not answer a close. */
  terminate(): void {
    this.end('broken', (socket) => socket.terminate());
  }

  /** Nobody is waited for any more. */
  stopWaiting(): void {
    this.deadline?.cancel();
    this.deadline = undefined;
  }

  frame({ name }: DeviceChannel, frame: Frame, text: string): Responsibility {
    return this.phase === 'ready' ? this.observer.frame(this, name, frame, text) : this.hold(name, frame, text);
  }

  refused({ name }: DeviceChannel, error: FrameError): Responsibility {
    this.refusedFrames++;
    return this.observer.refused(this, name, error);
  }

  heartbeat(): void {
    this.observer.heartbeat(this);
  }

  limited(limit: LimitName): void {
    this.observer.limited(limit);
  }

  broken(socket: DeviceChannel, code: number, reason: string, fault?: FrameError): void {
    if (fault) void this.observer.refused(this, socket.name, fault);
    this.end('broken', (other) => (other === socket ? other.close(code, reason) : closeOther(other)));
  }

  closed(code: number): void {
    this.end(endOf(code), closeOther);
  }

  private get sockets(): DeviceChannel[] {
    return [this.control, this.stream].filter((socket) => socket !== undefined);
  }

  private becomeReady(): void {
    if (this.phase !== 'forming') return;
    this.phase = 'ready';
    this.stopWaiting();
    this.observer.ready(this);
    const { held = [] } = this;
    this.held = undefined;
    for (const hand of held) hand();
  }

  /** A listener may speak on its first socket before the second is there. */
  private hold(channel: ChannelName, frame: Frame, text: string): Responsibility {
    this.heldBytes += text.length;
    const responsible = new Promise<void>((resolve) =>
      (this.held ??= []).push(() => resolve(this.observer.frame(this, channel, frame, text))),
    );
    if (this.heldBytes > this.limits.maxFrameBytes)
      this.close(CLOSE_CODES.TRY_LATER.code, 'Too much was sent before the second socket was open.');
    return responsible;
  }

  private end(how: LinkEnd, finish: (socket: DeviceChannel) => void): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.stopWaiting();
    this.held = undefined;
    for (const socket of this.sockets) finish(socket);
    this.observer.ended(this, how);
  }
}

function endOf(code: number): LinkEnd {
  const isOneOf = (codes: readonly CloseCode[]): boolean => codes.some((one) => one.code === code);
  if (isOneOf(GOODBYES)) return 'goodbye';
  return isOneOf(REFUSALS) ? 'refused' : 'broken';
}

function closeOther(socket: DeviceChannel): void {
  socket.close(CLOSE_CODES.GOING_AWAY.code, 'The other socket of this pair is gone.');
}

/** The attempt is echoed as a number: stock listeners compare it with theirs. */
function listenerReady(generation: string, attempt: number): Frame {
  return { type: 'listener_ready', connection_generation: generation, connection_attempt: attempt };
}
