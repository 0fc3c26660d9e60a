import type { Journal } from '../../journal/index.js';
import {
  commandOf,
  encodeFrame,
  ERROR_CODES,
  errorAnswer,
  REQUESTS_IN_FLIGHT,
  requestIdOf,
  type ChannelName,
  type Clock,
  type Frame,
  type FrameError,
  type FrameFault,
} from '../../protocol/index.js';
import type { CommandRates } from '../access/command-rates.js';
import type { PassageVerdict } from './answer-in-chunks.js';
import type { AnswerPassage } from './answer-passage.js';
import { ApprovalAnswers } from './approval-answers.js';
import type { ClientAttachment } from './client-attachment.js';
import { ClientCommands } from './client-commands.js';
import { ClientRegistry } from './client-registry.js';
import type { ClientSession } from './client-session.js';
import { ClientSocket } from './client-socket.js';
import { CommandLimit, type ClientCommand } from './command-limit.js';
import { DeviceFrames } from './device-frames.js';
import type { DeviceLink, Responsibility } from './device-link.js';
import { DeviceOutbox } from './device-outbox.js';
import { EventRecorder } from './event-recorder.js';
import type { EventOrderLimits } from './event-order.js';
import { ExternalTools } from './external-tools.js';
import { FileWatches } from './file-watches.js';
import { without } from './frame-text.js';
import { forgetHistory } from './forget-history.js';
import type { Guard } from './guard.js';
import { NamedEvents, type EventIntake } from './named-events.js';
import { LostApprovals } from './lost-approvals.js';
import { PendingApprovals } from './pending-approvals.js';
import type { Asker } from './request.js';
import type { ReplayTurns } from './replay-turns.js';
import { RequestsInFlight, type RequestTrace } from './requests-in-flight.js';
import { ResumableEvents } from './resumable-events.js';
import type { RoutingAudit } from './routing-audit.js';
import type { RoutingObserver } from './routing-observer.js';
import type { RoutingOptions } from './routing.options.js';
import { Runtimes } from './runtimes.js';
import { StockEvents } from './stock-events.js';
import { Subscriptions } from './subscriptions.js';
import { SyncAskers } from './sync-askers.js';
import { Terminals } from './terminals.js';

export interface HubContext {
  readonly environmentId: string;
  readonly audit: RoutingAudit;
  readonly options: RoutingOptions;
  readonly clock: Clock;
  readonly observer: RoutingObserver;
  readonly guard: Guard;
  readonly trace: RequestTrace;
  readonly journal: Journal;
  /** Who reads what is old, in all environments together. */
  readonly replays: ReplayTurns;
  /** What tokens and addresses may send, in all environments together. */
  readonly commandRates: CommandRates;
  /** Names this relay process in the events of devices that name none. */
  readonly relayEpoch: string;
}

/** One environment: its device on one side, its clients on the other. */
export class EnvironmentHub {
  private readonly approvals = new PendingApprovals();
  private readonly watches = new FileWatches<ClientSession>();
  private readonly tools = new ExternalTools<ClientSession>();
  private readonly runtimes: Runtimes;
  private readonly recorder: EventRecorder;
  private begunNamed: NamedEvents | undefined;
  private begunStock: StockEvents | undefined;
  private readonly resumable: ResumableEvents;
  private readonly syncAskers: SyncAskers<ClientSession>;
  private readonly requests: RequestsInFlight;
  private readonly outbox: DeviceOutbox;
  private readonly terminals: Terminals;
  private readonly clients: ClientRegistry;
  private readonly subscriptions: Subscriptions;
  private readonly frames: DeviceFrames;
  private readonly commands: ClientCommands;
  private readonly commandLimit: CommandLimit;
  private readonly lostApprovals: LostApprovals;
  /** The newest link, ready or over. */
  private lastLink: DeviceLink | undefined;
  private isDraining = false;

  constructor(private readonly context: HubContext) {
    const { options, clock, observer, guard } = context;
    const { approvals, watches, tools } = this;
    const namesEvents = (): boolean => this.lastLink?.namesEvents === true;
    const syncAskers = new SyncAskers<ClientSession>(clock, options.reorderWaitMs);
    this.syncAskers = syncAskers;
    this.runtimes = new Runtimes(context.journal, options, (limit) => observer.limited(limit));
    const { runtimes } = this;
    this.recorder = new EventRecorder(runtimes, approvals, clock, observer);
    this.recorder.restore();
    this.resumable = new ResumableEvents(runtimes, this.recorder, observer, {
      announced: () => this.subscriptions.journalsKnown(this.clients),
      complete: (record) => {
        this.lostApprovals.complete(record);
        this.subscriptions.refilled(this.clients, record);
      },
    });
    this.subscriptions = new Subscriptions(options, clock, observer, runtimes, approvals);
    this.requests = new RequestsInFlight(clock, options, observer, context.trace, (id, index, stop) =>
      this.outbox.link?.send({ type: 'chunk_ack', id, index, ...(stop ? { stop } : {}) }),
    );
    this.commandLimit = new CommandLimit(clock, options.limits, observer, context.commandRates);
    this.outbox = new DeviceOutbox(clock, options, guard);
    this.terminals = new Terminals(clock, options, observer, {
      link: () => this.outbox.link,
      command: (frame) => this.commands.tell(frame),
    });
    this.clients = new ClientRegistry(options, clock, observer, {
      isOwner: (session) => this.isOwner(session),
      left: (session) => this.left(session),
    });
    const { requests, outbox, terminals, subscriptions, clients, recorder } = this;
    this.lostApprovals = new LostApprovals({ approvals, recorder, subscriptions, clients });
    this.frames = new DeviceFrames({ clients, requests, terminals, watches, tools, outbox, observer });
    this.commands = new ClientCommands({
      approvals: new ApprovalAnswers(approvals, () => this.stock(), namesEvents),
      requests,
      outbox,
      terminals,
      subscriptions,
      runtimes,
      syncAskers,
      watches,
      tools,
      observer,
      namesEvents,
      audit: context.audit,
      environmentId: context.environmentId,
    });
  }

  /** What its histories keep. */
  get historyBytes(): number {
    return this.context.journal.bytes;
  }

  get mode(): string | undefined {
    return this.recorder.mode;
  }

  linkReady(link: DeviceLink): void {
    const before = this.lastLink;
    if (this.outbox.link && this.outbox.link !== link) this.linkClosed(this.outbox.link);
    this.lastLink = link;
    const isOtherProcess = before !== undefined && before.processInstanceId !== link.processInstanceId;
    if (isOtherProcess) this.processEnded(link);
    this.intakeOf(link).begin(link);
    if (!link.resumable) this.subscriptions.journalsKnown(this.clients);
    if (before && (isOtherProcess || !link.namesEvents)) this.watchAgain();
    this.outbox.ready(link, this.requests.linkReady(link));
    this.terminals.deviceReady();
  }

  deviceFrame(link: DeviceLink, channel: ChannelName, frame: Frame, text?: string): Responsibility {
    if (this.outbox.link !== link) {
      this.context.observer.dropped('ended-link');
      // Nobody is responsible for it: the device brings it again on the link that is ready.
      return new Promise(() => {});
    }
    const taken = this.intakeOf(link).take(channel, frame, text);
    if (taken === false) this.frames.route(frame);
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

  /** Whoever waits for an answer that cannot be taken is told so. */
  private answerRefused(value: Readonly<Record<string, unknown>>, fault: FrameFault, message: string): void {
    const { type, request_id: id } = value;
    const command = typeof type === 'string' ? commandOf(type) : undefined;
    if (command === undefined || typeof id !== 'string') return;
    const [code, text] =
      fault === 'TOO_LARGE'
        ? (['ANSWER_TOO_LARGE', ERROR_CODES.ANSWER_TOO_LARGE.message] as const)
        : (['COMMAND_FAILED', `The device's answer is not valid: ${message}`] as const);
    this.frames.route(errorAnswer(command, id, code, text));
  }

  linkClosed(link: DeviceLink): void {
    if (!this.outbox.closed(link)) return;
    this.requests.linkClosed(link);
    if (!link.namesEvents) this.terminals.lost('The connection of the device broke, and its terminals with it.');
    if (this.isDraining) this.requests.drain();
  }

  /** The relay stops: the link that is ready, if any, is the last one. */
  drain(): void {
    this.isDraining = true;
    if (!this.outbox.link) this.requests.drain();
  }

  markedOffline(): void {
    if (this.outbox.link) this.linkClosed(this.outbox.link);
    this.requests.offline();
    this.outbox.offline();
  }

  /** What clients of this token own ends with it. */
  tokenRevoked(tokenId: string): void {
    this.clients.tokenRevoked(tokenId);
  }

  /** The environment was deleted: whoever waits is told, and nothing of its history is kept. */
  remove(): void {
    this.markedOffline();
    forgetHistory(this.context.journal);
  }

  attach(attachment: ClientAttachment): void {
    const { options, observer, guard, clock, replays } = this.context;
    const socket = new ClientSocket(attachment, options, observer, guard, clock, replays);
    const session = this.clients.join(socket);
    this.subscriptions.open(session, socket);
    session.handOver();
    if (attachment.asksForRequests) this.tellRequests(session, socket);
    this.askAgain(session);
    this.terminals.back(session);
    socket.start({
      command: (frame, bytes) => {
        const command = this.commandOf(session, socket, frame, bytes);
        if (this.commandLimit.admits(command)) this.commands.handle(command);
      },
      closed: () => {
        this.clients.part(session, socket);
        this.askAgain(session);
        this.subscriptions.closed(session);
        this.runtimes.prune();
      },
    });
  }

  /** One command without a client behind it. */
  request(frame: Frame, deliver: (answer: Frame) => void): void {
    const asker = { owner: undefined, deliver };
    const bytes = encodeFrame(frame).length;
    this.commands.handle({
      frame,
      bytes,
      asker,
      session: undefined,
      socket: undefined,
      maySteer: true,
      mayApprove: false,
    });
  }

  /** Behind the answers that waited for it: what is not among these has none any more. */
  private tellRequests(session: ClientSession, socket: ClientSocket): void {
    if (!session.isNamed) return;
    const ids = new Set([...this.requests.waitingFor(session), ...session.undelivered]);
    socket.send({ text: encodeFrame({ type: REQUESTS_IN_FLIGHT, request_ids: [...ids] }), urgency: 'urgent' });
  }

  /** What was being answered when a socket of this client closed, where it has another one. */
  private askAgain(session: ClientSession): void {
    if (!session.restSocket()?.carriesRest) return;
    for (const again of this.requests.comeBack(session)) this.outbox.send(again);
  }

  private commandOf(session: ClientSession, socket: ClientSocket, frame: Frame, bytes: number): ClientCommand {
    const deliver = (answer: Frame): void =>
      session.answer({ text: encodeFrame(answer), requestId: requestIdOf(answer) }, socket);
    const pass = (passage: AnswerPassage): PassageVerdict => session.pass(passage, socket);
    const overrun = (text: string, retryAfterMs: number): void => {
      // What is on its way behind the close: whoever sent it is told already.
      if (socket.isOpen) socket.overrun(text, retryAfterMs);
    };
    const asker: Asker = { owner: session, repeats: session.isNamed, deliver, overrun, pass };
    const { maySteer, mayApprove } = socket;
    return { frame, bytes, session, socket, asker, maySteer, mayApprove };
  }

  private intakeOf(link: DeviceLink): EventIntake {
    if (link.resumable) return this.resumable;
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

  /** For stock listeners. */
  private stock(): StockEvents {
    const { relayEpoch, clock, observer, guard } = this.context;
    return (this.begunStock ??= new StockEvents(
      relayEpoch,
      this.runtimes,
      this.recorder,
      this.approvals,
      clock,
      this.orderLimits,
      observer,
      guard,
      {
        carry: (frame) => this.frames.route(frame),
        recorded: (runtime, type) => this.requests.shown(runtime, type),
        shownAgain: (runtime, frame) => {
          const text = encodeFrame(without(frame, 'seq'));
          for (const session of this.syncAskers.of(runtime)) this.subscriptions.showApproval(session, runtime, text);
        },
      },
    ));
  }

  /**
   * What the relay knows by the word of an earlier process of the listener holds no longer; but where its journal goes on, the next
   * process says so itself.
   */
  private processEnded(link: DeviceLink): void {
    this.terminals.lost('The listener was restarted, and its terminals ended with it.');
    if (!link.resumable) for (const record of this.runtimes) record.dropSnapshots();
    this.lostApprovals.processEnded(link.resumable);
  }

  /** A new connection of a stock device, or a new process, watches nothing yet. */
  private watchAgain(): void {
    for (const path of this.watches.watchedPaths) this.commands.tell({ type: 'watch_file', path });
  }

  private isOwner(session: ClientSession): boolean {
    return (
      this.terminals.isOwner(session) ||
      this.requests.has(session) ||
      this.watches.isWatching(session) ||
      session.started.size > 0
    );
  }

  private left(session: ClientSession): void {
    this.requests.abandon(session);
    this.tools.leave(session);
    for (const command of this.terminals.leave(session)) this.commands.tell(command);
    for (const path of this.watches.leave(session)) this.commands.tell({ type: 'unwatch_file', path });
  }
}
