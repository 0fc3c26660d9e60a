import type { Journal } from '../../src/journal/index.js';
import { type ChannelName, type Frame, type RewindFrame, type Runtime } from '../../src/protocol/index.js';
import type { ClientAttachment } from '../../src/relay/routing/client-attachment.js';
import type { DeviceLink } from '../../src/relay/routing/device-link.js';
import { NO_ROUTING_OBSERVER, type DropReason } from '../../src/relay/routing/routing-observer.js';
import { RoutingOptions } from '../../src/relay/routing/routing.options.js';
import { RoutingService } from '../../src/relay/routing/routing.service.js';
import { ManualClock, settle } from './manual-clock.js';
import { MemorySocket } from './memory-socket.js';

/** The one that a bench has. */
export const ENVIRONMENT = 'env-1';
const SETTLE_ROUNDS = 20;

/** A device's link whose commands are written down. */
export class FakeDeviceLink implements DeviceLink {
  readonly lease = 'lease-1';
  readonly sent: Frame[] = [];
  readonly rewinds: RewindFrame[] = [];
  /** To be called when the device is responsible for what was sent. */
  readonly unsafe: (() => void)[] = [];
  closedWith: { code: number; reason: string } | undefined;

  constructor(
    readonly namesEvents: boolean,
    readonly processInstanceId: string | undefined = namesEvents ? 'process-1' : undefined,
    readonly kind: 'split' | 'legacy' = 'split',
    readonly answersInput: boolean = true,
    readonly resumable: boolean = false,
  ) {}

  /** Of a device on a resumable link. */
  static resumable(processInstanceId = 'process-1'): FakeDeviceLink {
    return new FakeDeviceLink(true, processInstanceId, 'split', true, true);
  }

  send(frame: object, safe?: () => void): void {
    this.sent.push(frame as Frame);
    if (safe) this.unsafe.push(safe);
  }

  async rewind(frame: RewindFrame): Promise<void> {
    this.rewinds.push(frame);
  }

  close(code: number, reason: string): void {
    this.closedWith = { code, reason };
  }

  /** The newest command of a type. */
  command(type: string): Frame {
    const frame = this.sent.findLast((sent) => sent.type === type);
    if (!frame) throw new Error(`The device got no ${type}, only: ${this.sent.map((sent) => sent.type).join(', ')}`);
    return frame;
  }
}

/** One client's socket, seen from its side. */
export class BenchClient {
  readonly frames: Frame[] = [];
  /** What they were read from. */
  readonly texts: string[] = [];
  closed: { code: number; reason: string } | undefined;
  /** Whether each frame is acknowledged at once. */
  acknowledges = true;

  /** @param relaySide what the relay holds: its buffer can be held and released */
  constructor(
    readonly socket: MemorySocket,
    readonly relaySide: MemorySocket,
  ) {
    socket.receive({
      message: (text) => {
        this.texts.push(text);
        this.read(JSON.parse(text) as Frame);
      },
      closed: (code, reason) => (this.closed = { code, reason }),
    });
  }

  send(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }

  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  /** `epoch:seq` of every event, and the holes, in order of arrival. */
  names(): string[] {
    return this.frames.flatMap((frame) => {
      if (frame.type === 'resume_gap') return [`gap ${String(frame['from'])}-${String(frame['to'])}`];
      return 'event_seq' in frame ? [`${String(frame['event_epoch'])}:${String(frame['event_seq'])}`] : [];
    });
  }

  private read(frame: Frame): void {
    this.frames.push(frame);
    const { seq } = frame;
    if (this.acknowledges && typeof seq === 'number') this.send({ type: 'ack', seq });
  }
}

/** Routing between devices and clients that live in memory, on a clock that stands still. */
export class RoutingBench {
  readonly clock = new ManualClock();
  readonly drops: DropReason[] = [];
  readonly routing: RoutingService;
  private clients = 0;

  /** @param journal of the environment's histories; it may be an earlier bench's */
  constructor(options: Partial<RoutingOptions> = {}, journal?: Journal) {
    const observer = { ...NO_ROUTING_OBSERVER, dropped: (reason: DropReason) => void this.drops.push(reason) };
    const openHistory = journal && ((): Journal => journal);
    const routingOptions = Object.assign(new RoutingOptions(), options);
    this.routing = new RoutingService(routingOptions, this.clock, observer, openHistory);
  }

  connect(link: FakeDeviceLink): FakeDeviceLink {
    this.routing.linkReady(ENVIRONMENT, link);
    return link;
  }

  /** A device's frame, on the channel it would come on. */
  emit(link: FakeDeviceLink, frame: Frame, channel: ChannelName = 'stream'): void {
    void this.deliver(link, frame, channel);
  }

  /** The same; resolves when the relay is responsible for it. */
  async deliver(link: FakeDeviceLink, frame: Frame, channel: ChannelName = 'stream'): Promise<void> {
    await this.routing.deviceFrame(ENVIRONMENT, link, channel, frame);
  }

  /** The device's answer to the newest command of a type. */
  answer(link: FakeDeviceLink, command: string, answer: Frame): void {
    this.emit(link, { ...answer, request_id: link.command(command)['request_id'] }, 'control');
  }

  disconnect(link: FakeDeviceLink): void {
    this.routing.linkClosed(ENVIRONMENT, link);
  }

  offline(): void {
    this.routing.markedOffline(ENVIRONMENT);
  }

  request(command: Frame): Promise<Frame> {
    return this.routing.request(ENVIRONMENT, command);
  }

  async attach(attachment: Partial<ClientAttachment> & { runtime?: Runtime } = {}): Promise<BenchClient> {
    const { runtime, ...rest } = attachment;
    const [relaySide, clientSide] = MemorySocket.pair();
    const client = new BenchClient(clientSide, relaySide);
    this.routing.attach({
      environmentId: ENVIRONMENT,
      tokenId: 'token-1',
      client: `client-${++this.clients}`,
      agentId: runtime?.agent_id ?? undefined,
      conversationId: runtime?.conversation_id,
      channel: undefined,
      resume: undefined,
      maySteer: true,
      mayApprove: true,
      socket: relaySide,
      ...rest,
    });
    await this.settled();
    return client;
  }

  /** Lets everything arrive that is on its way. */
  async settled(): Promise<void> {
    for (let i = 0; i < SETTLE_ROUNDS; i++) await settle();
  }
}

/** Frames without what only their socket or their journey gave them. */
export function bare(frames: readonly Frame[]): Frame[] {
  return frames.map((frame) => {
    const { seq: _seq, ...rest } = frame;
    return rest;
  });
}
