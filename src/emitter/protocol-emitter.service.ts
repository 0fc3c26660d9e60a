import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK } from '../config/index.js';
import type { Journal } from '../journal/index.js';
import { ChunkSlots } from '../channel/index.js';
import {
  type Clock,
  commandOf,
  encodeFrame,
  ERROR_CODES,
  errorAnswer,
  type EventName,
  type EventPayload,
  type EventType,
  type Frame,
  isLarger,
  isAnswerType,
  isLongFrame,
  LARGE_FRAME_LENGTH,
  type LinkShape,
  readRewind,
  REFUSED_SIZE_FACTOR,
  requestIdOf,
  routeOf,
  routeOfEvent,
  type Runtime,
  RuntimeMap,
  type TypeMap,
} from '../protocol/index.js';
import {
  type ChannelClient,
  CONTROL_CLIENT,
  LinkSupervisor,
  MAX_RESENT,
  type OpenLink,
  STREAM_CLIENT,
} from '../transport/index.js';
import { randomBytes } from 'node:crypto';
import { EmitterOptions } from './emitter.options.js';
import { encodeToFit } from './encode-to-fit.js';
import { JOURNAL } from './journal.provider.js';
import { journalHeads } from './journal-heads.js';
import { EVENT_SLOTS, LargeAnswers } from './large-answers.js';
import type { OutletContext } from './plain-outlet.js';
import { RuntimeOutlet } from './runtime-outlet.js';
import { RuntimeWriter } from './runtime-writer.js';
import { PROTOCOL_TYPE_MAP } from './type-map.provider.js';

/** How events are routed while no link says otherwise. */
const PLAIN: LinkShape = { kind: 'split', resumable: false };

/**
 * Where events and responses of this device enter: names an event, appends it to the journal, and lets the link send it.
 *
 * @publicApi
 */
@Injectable()
export class ProtocolEmitterService implements OnApplicationShutdown {
  private readonly log = new Logger(ProtocolEmitterService.name);
  /** Names this process as the one that appended the event; not derived from anything that names the process elsewhere. */
  private readonly epoch = randomBytes(4).toString('hex');
  private readonly outlets = new RuntimeMap<RuntimeOutlet>();
  private readonly context: OutletContext;
  private readonly largeAnswers: LargeAnswers;
  private link: OpenLink | undefined;
  /** Of the link: for large events, where the server takes them in chunks. */
  private slots: ChunkSlots | undefined;
  private holdLogged = false;

  constructor(
    private readonly options: EmitterOptions,
    @Inject(JOURNAL) private readonly journal: Journal,
    @Inject(PROTOCOL_TYPE_MAP) private readonly map: TypeMap,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONTROL_CLIENT) private readonly control: ChannelClient,
    @Inject(STREAM_CLIENT) private readonly stream: ChannelClient,
    private readonly links: LinkSupervisor,
  ) {
    this.context = {
      journal,
      map,
      clock,
      holdMs: options.holdMs,
      maxResent: MAX_RESENT,
      holdExpired: (runtime) => this.logHold(runtime),
      givenUp: (runtime, count) =>
        this.log.warn('Events sent before the link broke were never confirmed, and are too many to send again.', {
          runtime,
          count,
        }),
    };
    this.largeAnswers = new LargeAnswers(clock, options, (answer) => this.control.send(answer));
    // What an earlier process did not get through to the server follows as soon as there is a link.
    for (const runtime of journal.runtimes()) this.outletOf(runtime);
    links.feed(this);
  }

  /**
   * Emits an event of a runtime. Never throws because of the link. A payload that does not fit into one frame of the server
   * is cut, and says so in `cut_bytes` (protocol section 6).
   *
   * @returns the event's name; undefined for a snapshot, which waits for its turn and may be replaced by a newer one
   */
  emit<T extends EventType>(type: T, payload: EventPayload<T>, scope: Runtime): EventName | undefined {
    const outlet = this.outletOf(scope);
    const { delivery } = routeOfEvent(this.map, type, payload, this.link?.shape ?? PLAIN);
    if (delivery === 'snapshot') {
      outlet.writer.hold(type, payload);
      this.flushSoon(outlet);
      return undefined;
    }
    return outlet.writer.append(type, payload);
  }

  /**
   * Resolves when the journal has room and, while there is a link, not too much of the runtime waits to be sent; whoever can pause
   * awaits it before producing more.
   */
  async ready(scope: Runtime): Promise<void> {
    await this.journal.room();
    await this.outlets.get(scope)?.writer.lead.room();
  }

  /** Resolves when the event is in the journal. */
  async committed({ runtime, epoch, seq }: EventName): Promise<void> {
    const position = this.journal.find(runtime, epoch, seq);
    // What the journal has let go of, the peer has: it was committed long before.
    if (position !== undefined) await this.journal.committed(runtime, position);
  }

  /** Whether the server takes large answers in chunks (protocol section 6): by the link, while there is none by its newest registration. */
  get takesChunks(): boolean {
    return this.link ? this.link.shape.chunked === true : this.links.chunked;
  }

  /** Bytes of one answer that the server takes: many frames' worth where it takes chunks, else one (protocol section 6). */
  get maxAnswerBytes(): number {
    return this.takesChunks ? this.options.maxAnswerBytes : this.links.maxFrameBytes;
  }

  /** Bytes of one frame that the server takes. */
  get maxFrameBytes(): number {
    return this.links.maxFrameBytes;
  }

  /**
   * Sends a frame that is no event (a response, `file_changed`, …) on the channel that the type map gives it; a large response
   * in chunks on stream, where the server takes them. Elsewhere a response that does not fit into one frame of the server
   * becomes an error; any other frame is cut (protocol section 6).
   *
   * @throws ChannelFullError when too much waits for the peer
   */
  send(frame: Frame): void {
    const requestId = this.takesChunks && isAnswerType(frame.type) ? requestIdOf(frame) : undefined;
    if (requestId !== undefined && isLongFrame(frame, LARGE_FRAME_LENGTH))
      return this.largeAnswers.send(frame, requestId);
    const { channel } = routeOf(this.map, frame, this.link?.shape ?? PLAIN);
    (channel === 'control' ? this.control : this.stream).send(this.fitting(frame));
  }

  /** Whether everything emitted has reached the server. */
  get settled(): boolean {
    return this.largeAnswers.settled && [...this.outlets.values()].every((outlet) => outlet.settled);
  }

  linkUp(link: OpenLink): void {
    this.link = link;
    this.holdLogged = false;
    this.slots = link.shape.chunked
      ? new ChunkSlots(EVENT_SLOTS, this.links.maxFrameBytes * REFUSED_SIZE_FACTOR)
      : undefined;
    this.largeAnswers.linkUp(link);
    if (link.shape.resumable) link.stream.attach(journalHeads(this.journal, this.epoch), 'urgent');
    for (const outlet of this.outlets.values()) {
      outlet.linkUp(link, this.slots);
      if (outlet.writer.waiting) this.flushSoon(outlet);
    }
  }

  linkDown(): void {
    this.link = undefined;
    this.largeAnswers.linkDown();
    for (const outlet of this.outlets.values()) {
      outlet.writer.stopTimer();
      outlet.linkDown();
    }
  }

  /** Takes the server's `rewind` and `chunk_ack` (protocol sections 5 and 6). */
  take(frame: Frame): boolean {
    if (this.largeAnswers.take(frame)) return true;
    if (frame.type !== 'rewind') return false;
    const rewind = readRewind(frame);
    const outlet = rewind && this.outlets.get(rewind.runtime);
    const isDone = rewind && outlet?.rewind({ epoch: rewind.event_epoch, seq: rewind.event_seq });
    if (!isDone) this.log.error('The server asks for events that this device knows nothing of.', { frame });
    return true;
  }

  /**
   * The state that waits outside the journal goes into it, for a server that was not there. Whoever has an end of its own to
   * tell emits it in `beforeApplicationShutdown` or earlier: what comes later is not kept.
   */
  async onApplicationShutdown(): Promise<void> {
    for (const { writer } of this.outlets.values()) writer.flush();
    await this.journal.close();
  }

  private fitting(frame: Frame): Frame {
    const { maxFrameBytes } = this.links;
    const text = encodeFrame(frame);
    if (!isLarger(text, maxFrameBytes)) return frame;
    this.log.warn('A frame does not fit into one message of the server.', { type: frame.type, length: text.length });
    const command = commandOf(frame.type);
    if (command === undefined) return JSON.parse(encodeToFit(frame, maxFrameBytes, (fields) => fields)) as Frame;
    return errorAnswer(command, requestIdOf(frame), 'ANSWER_TOO_LARGE', ERROR_CODES.ANSWER_TOO_LARGE.message);
  }

  private outletOf(scope: Runtime): RuntimeOutlet {
    const known = this.outlets.get(scope);
    if (known) return known;
    const runtime = { agent_id: scope.agent_id, conversation_id: scope.conversation_id };
    const maxFrameBytes = (): number => this.links.maxFrameBytes;
    const appended = (): void => outlet.appended();
    const { unsentBytes } = this.options;
    const writer = new RuntimeWriter(
      runtime,
      this.epoch,
      this.journal,
      this.clock,
      maxFrameBytes,
      unsentBytes,
      appended,
    );
    const outlet = new RuntimeOutlet(writer, this.context);
    this.outlets.set(runtime, outlet);
    if (this.link) outlet.linkUp(this.link, this.slots);
    return outlet;
  }

  /** A snapshot waits until its runtime's cursor has caught up, at most `snapshotMaxWaitMs`, and for a link. */
  private flushSoon(outlet: RuntimeOutlet): void {
    if (!this.link) return;
    outlet.writer.flushWithin(this.options.snapshotMaxWaitMs);
    outlet.wake();
  }

  private logHold(runtime: Runtime): void {
    if (this.holdLogged) return;
    this.holdLogged = true;
    this.log.warn(
      'The server does not confirm in time what it has read on stream; events on control may overtake it.',
      { runtime },
    );
  }
}
