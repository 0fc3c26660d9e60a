import type { Journal } from '../../journal/index.js';
import {
  commandOf,
  ERROR_CODES,
  errorAnswer,
  type ChannelName,
  type Frame,
  type FrameError,
  type FrameFault,
  type Runtime,
  type RuntimePage,
} from '../../protocol/index.js';
import type { ClientAttachment } from './client-attachment.js';
import { ClientSide, type DeviceSide } from './client-side.js';
import type { DeviceFacts } from './device-facts.js';
import type { DeviceLink, Responsibility } from './device-link.js';
import { DeviceOutbox } from './device-outbox.js';
import { EventRecorder } from './event-recorder.js';
import type { EventOrderLimits } from './event-order.js';
import { forgetHistory } from './forget-history.js';
import type { HubContext } from './hub-context.js';
import { NamedEvents, type EventIntake } from './named-events.js';
import { LostApprovals, type LostApprovalsParts } from './lost-approvals.js';
import { PendingApprovals } from './pending-approvals.js';
import { ResumableEvents, type ResumableEventsOutlets } from './resumable-events.js';
import { runtimeEntries } from './runtime-entries.js';
import { Runtimes, type RuntimeRecord } from './runtimes.js';
import { StockEvents } from './stock-events.js';

/** One environment: its device on one side, its clients on the other. */
export class EnvironmentHub implements DeviceSide, LostApprovalsParts, ResumableEventsOutlets {
  readonly approvals: PendingApprovals;
  readonly runtimes: Runtimes;
  readonly recorder: EventRecorder;
  readonly outbox: DeviceOutbox;
  private readonly lostApprovals: LostApprovals;
  private begunResumable: ResumableEvents | undefined;
  private begunNamed: NamedEvents | undefined;
  private begunStock: StockEvents | undefined;
  /** Made for the first client, request, or frame for a client. */
  private begunClients: ClientSide | undefined;
  /** The newest link, ready or over. */
  private lastLink: DeviceLink | undefined;
  /** Whether the device has said what it has, in this process of the relay, or never will. */
  private areJournalsKnown = false;
  private isDraining = false;

  constructor(
    readonly environmentId: string,
    private readonly journal: Journal,
    readonly context: HubContext,
  ) {
    const { options, clock, observer, guard } = context;
    this.runtimes = new Runtimes(journal, options, observer);
    const changed = (): void => context.changed(environmentId);
    this.approvals = new PendingApprovals(changed);
    this.recorder = new EventRecorder(this.runtimes, this.approvals, clock, observer, changed);
    this.recorder.restore();
    this.outbox = new DeviceOutbox(clock, options, guard);
    this.lostApprovals = new LostApprovals(this);
  }

  /** What its histories keep. */
  get historyBytes(): number {
    return this.journal.bytes;
  }

  get facts(): DeviceFacts {
    // Whoever asks while it is away is told what its link was: by that goes what may be lost.
    const link = this.lastLink;
    return { ...this.recorder.facts, ...(link && { link: { kind: link.kind, resumable: link.resumable } }) };
  }

  get namesEvents(): boolean {
    return this.lastLink?.namesEvents === true;
  }

  linkReady(link: DeviceLink): void {
    const before = this.lastLink;
    if (this.outbox.link && this.outbox.link !== link) this.linkClosed(this.outbox.link);
    this.lastLink = link;
    const isOtherProcess = before !== undefined && before.processInstanceId !== link.processInstanceId;
    if (isOtherProcess) this.processEnded(link);
    // What such a device has named is behind the epoch that a stock device had before it.
    if (before?.namesEvents) this.begunStock = undefined;
    this.intakeOf(link).begin(link);
    if (!link.resumable) this.announced();
    if (before && (isOtherProcess || !link.namesEvents)) this.begunClients?.watchAgain();
    if (this.begunClients) this.begunClients.linkReady(link);
    else this.outbox.ready(link);
  }

  deviceFrame(link: DeviceLink, channel: ChannelName, frame: Frame, text?: string): Responsibility {
    if (this.outbox.link !== link) {
      this.context.observer.dropped('ended-link');
      // Nobody is responsible for it: the device brings it again on the link that is ready.
      return new Promise(() => {});
    }
    const taken = this.intakeOf(link).take(channel, frame, text);
    if (taken === false) this.clients.route(frame);
    this.lostApprovals.bound(this.context.options.maxApprovals);
    return taken instanceof Promise ? taken : undefined;
  }

  deviceRefused(link: DeviceLink, channel: ChannelName, { fault, message, value }: FrameError): Responsibility {
    this.context.observer.dropped('unreadable');
    if (!value || this.outbox.link !== link) return undefined;
    const taken = this.intakeOf(link).refuse(channel, value);
    if (taken === false) this.answerRefused(value, fault, message);
    return taken instanceof Promise ? taken : undefined;
  }

  /** Of which there are events, newest first. */
  runtimesKept(limit: number): Promise<RuntimePage> {
    const { journal, runtimes, approvals, context } = this;
    return runtimeEntries({ journal, runtimes, approvals, turns: context.replays }, limit);
  }

  /** Whoever waits for an answer that cannot be taken is told so. */
  private answerRefused(value: Readonly<Record<string, unknown>>, fault: FrameFault, message: string): void {
    const { type, request_id: id } = value;
    const command = typeof type === 'string' ? commandOf(type) : undefined;
    if (command === undefined || typeof id !== 'string') return;
    const [code, text] =
      fault === 'TOO_LARGE'
        ? (['ANSWER_TOO_LARGE', ERROR_CODES.ANSWER_TOO_LARGE.message] as const)
        : (['COMMAND_FAILED', `The device's answer is not valid: ${message}`] as const);
    this.clients.route(errorAnswer(command, id, code, text));
  }

  linkClosed(link: DeviceLink): void {
    if (!this.outbox.closed(link)) return;
    this.begunClients?.linkClosed(link);
    if (this.isDraining) this.begunClients?.drain();
  }

  /** Whether anybody waits for an answer that would never come, were it served elsewhere from now on. */
  get isBusy(): boolean {
    return this.begunClients?.isBusy === true;
  }

  /** The same, of those who may be back, too. */
  get isAwaited(): boolean {
    return this.begunClients?.isAwaited === true;
  }

  /** Commands that wait for the device are to be sent again elsewhere; it is not served here for a moment more. */
  sendBack(): void {
    this.begunClients?.sendBack();
  }

  /** The relay stops: the link that is ready, if any, is the last one. */
  drain(): void {
    this.isDraining = true;
    if (!this.outbox.link) this.begunClients?.drain();
  }

  markedOffline(): void {
    if (this.outbox.link) this.linkClosed(this.outbox.link);
    this.begunClients?.offline();
    this.outbox.offline();
  }

  /** What clients of this token own ends with it. */
  tokenRevoked(tokenId: string): void {
    this.begunClients?.tokenRevoked(tokenId);
  }

  /** The environment was deleted: whoever waits is told, and nothing of its history is kept. */
  remove(): void {
    this.markedOffline();
    forgetHistory(this.journal);
  }

  /** Nothing more comes or goes here; its history stays. */
  leave(): void {
    this.drain();
    this.markedOffline();
  }

  attach(attachment: ClientAttachment): void {
    this.clients.attach(attachment);
  }

  /** One command without a client behind it. */
  request(frame: Frame, deliver: (answer: Frame) => void): void {
    this.clients.request(frame, deliver);
  }

  announce(runtime: Runtime, text: string): void {
    this.begunClients?.announce(runtime, text);
  }

  announced(): void {
    this.areJournalsKnown = true;
    this.begunClients?.journalsKnown();
  }

  complete(record: RuntimeRecord): void {
    this.lostApprovals.complete(record);
    this.begunClients?.refilled(record);
  }

  /** For stock listeners. */
  stock(): StockEvents {
    const { clock, observer, guard } = this.context;
    return (this.begunStock ??= new StockEvents(
      // Of its own: since it was served here last another home may have gone on, and what is named as before that is passed over.
      this.context.newEpoch(),
      this.runtimes,
      this.recorder,
      this.approvals,
      clock,
      this.orderLimits,
      observer,
      guard,
      {
        carry: (frame) => this.clients.route(frame),
        recorded: (runtime, type) => this.begunClients?.shown(runtime, type),
        shownAgain: (runtime, frame) => this.begunClients?.shownAgain(runtime, frame),
      },
    ));
  }

  private get clients(): ClientSide {
    if (this.begunClients) return this.begunClients;
    this.begunClients = new ClientSide(this);
    if (this.areJournalsKnown) this.begunClients.journalsKnown();
    return this.begunClients;
  }

  private intakeOf(link: DeviceLink): EventIntake {
    if (link.resumable) return this.resumable();
    return link.namesEvents ? this.named() : this.stock();
  }

  private get orderLimits(): EventOrderLimits {
    const {
      reorderWaitMs: waitMs,
      maxReorderEvents: maxWaiting,
      maxReorderBytes: maxWaitingBytes,
    } = this.context.options;
    return { waitMs, maxWaiting, maxWaitingBytes };
  }

  private resumable(): ResumableEvents {
    return (this.begunResumable ??= new ResumableEvents(this.runtimes, this.recorder, this.context.observer, this));
  }

  /** For listeners that name their events, but whose link is plain. */
  private named(): NamedEvents {
    const { clock, observer, guard } = this.context;
    return (this.begunNamed ??= new NamedEvents(
      this.runtimes,
      this.recorder,
      clock,
      this.orderLimits,
      observer,
      guard,
    ));
  }

  /**
   * What the relay knows by the word of an earlier process of the listener holds no longer; but where its journal goes on, the next
   * process says so itself.
   */
  private processEnded(link: DeviceLink): void {
    this.begunClients?.processEnded();
    if (!link.resumable) for (const record of this.runtimes) record.dropSnapshots();
    this.lostApprovals.processEnded(link.resumable);
  }
}
