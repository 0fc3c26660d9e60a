import { encodeFrame, REQUESTS_IN_FLIGHT, requestIdOf, type Frame, type Runtime } from '../../protocol/index.js';
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
import type { DeviceLink } from './device-link.js';
import type { DeviceOutbox } from './device-outbox.js';
import { ExternalTools } from './external-tools.js';
import { FileWatches } from './file-watches.js';
import { without } from './frame-text.js';
import type { HubContext } from './hub-context.js';
import type { PendingApprovals } from './pending-approvals.js';
import type { Asker } from './request.js';
import { RequestsInFlight } from './requests-in-flight.js';
import type { RuntimeRecord, Runtimes } from './runtimes.js';
import type { StockEvents } from './stock-events.js';
import { Subscriptions } from './subscriptions.js';
import { SyncAskers } from './sync-askers.js';
import { Terminals } from './terminals.js';

/** The device of an environment, as its clients see it. */
export interface DeviceSide {
  readonly environmentId: string;
  readonly context: HubContext;
  readonly approvals: PendingApprovals;
  readonly runtimes: Runtimes;
  readonly outbox: DeviceOutbox;
  /** Whether the device that is or was connected last names its events. */
  readonly namesEvents: boolean;
  /** For stock listeners. */
  stock(): StockEvents;
}

/** The clients of one environment and what they asked for: most devices have none most of the time, and then there is none of this. */
export class ClientSide {
  private readonly watches = new FileWatches<ClientSession>();
  private readonly tools = new ExternalTools<ClientSession>();
  private readonly syncAskers: SyncAskers<ClientSession>;
  private readonly requests: RequestsInFlight;
  private readonly terminals: Terminals;
  private readonly clients: ClientRegistry;
  private readonly subscriptions: Subscriptions;
  private readonly frames: DeviceFrames;
  private readonly commands: ClientCommands;
  private readonly commandLimit: CommandLimit;

  constructor(private readonly device: DeviceSide) {
    const { environmentId, context, approvals, runtimes, outbox } = device;
    const { options, clock, observer } = context;
    const { watches, tools } = this;
    const namesEvents = (): boolean => device.namesEvents;
    const syncAskers = new SyncAskers<ClientSession>(clock, options.reorderWaitMs);
    this.syncAskers = syncAskers;
    this.subscriptions = new Subscriptions(options, clock, observer, runtimes, approvals);
    const trace = context.traceOf(environmentId);
    this.requests = new RequestsInFlight(clock, options, observer, trace, (id, index, stop) =>
      outbox.link?.send({ type: 'chunk_ack', id, index, ...(stop ? { stop } : {}) }),
    );
    this.commandLimit = new CommandLimit(clock, options.limits, observer, context.commandRates);
    this.terminals = new Terminals(clock, options, observer, {
      link: () => outbox.link,
      command: (frame) => this.commands.tell(frame),
    });
    this.clients = new ClientRegistry(options, clock, observer, {
      isOwner: (session) => this.isOwner(session),
      left: (session) => this.left(session),
    });
    const { requests, terminals, subscriptions, clients } = this;
    this.frames = new DeviceFrames({ clients, requests, terminals, watches, tools, outbox, observer });
    this.commands = new ClientCommands({
      approvals: new ApprovalAnswers(approvals, () => device.stock(), namesEvents),
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
      environmentId,
    });
  }

  /** The device has said what it has, or never will. */
  journalsKnown(): void {
    this.subscriptions.journalsKnown(this.clients);
  }

  /** Everything is here that the device had of a runtime. */
  refilled(record: RuntimeRecord): void {
    this.subscriptions.refilled(this.clients, record);
  }

  /** Tells everybody who follows a runtime something that has no place in its history. */
  announce(runtime: Runtime, text: string): void {
    this.subscriptions.announce(this.clients, runtime, text);
  }

  /** A link of the device is ready: what was sent on an earlier one, and what waits, goes there. */
  linkReady(link: DeviceLink): void {
    this.device.outbox.ready(link, this.requests.linkReady(link));
    this.terminals.deviceReady();
  }

  linkClosed(link: DeviceLink): void {
    this.requests.linkClosed(link);
    if (!link.namesEvents) this.terminals.lost('The connection of the device broke, and its terminals with it.');
  }

  /** What the relay knows of terminals by the word of an earlier process of the listener holds no longer. */
  processEnded(): void {
    this.terminals.lost('The listener was restarted, and its terminals ended with it.');
  }

  /** A new connection of a stock device, or a new process, watches nothing yet. */
  watchAgain(): void {
    for (const path of this.watches.watchedPaths) this.commands.tell({ type: 'watch_file', path });
  }

  /** Whether anybody waits for an answer that would never come, were the environment served elsewhere from now on. */
  get isBusy(): boolean {
    return this.requests.isBusy || [...this.clients].some((session) => session.isPresent && session.isOwed);
  }

  /** Whether anybody who may be back would then never hear of what it asked. */
  get isAwaited(): boolean {
    return this.requests.isBusy || [...this.clients].some((session) => session.isOwed);
  }

  /** Commands that wait for the device are to be sent again elsewhere. */
  sendBack(): void {
    this.requests.sendBack();
  }

  /** The relay stops, and no link comes any more. */
  drain(): void {
    this.requests.drain();
  }

  /** Nobody is expected back soon. */
  offline(): void {
    this.requests.offline();
  }

  /** A frame of the device that is no event. */
  route(frame: Frame): void {
    this.frames.route(frame);
  }

  /** A stock device has shown an event. */
  shown(runtime: Runtime, type: string): void {
    this.requests.shown(runtime, type);
  }

  /** A stock device has shown again what is in its history already: that is for those who asked. */
  shownAgain(runtime: Runtime, frame: Frame): void {
    const text = encodeFrame(without(frame, 'seq'));
    for (const session of this.syncAskers.of(runtime)) this.subscriptions.showApproval(session, runtime, text);
  }

  /** What clients of this token own ends with it. */
  tokenRevoked(tokenId: string): void {
    this.clients.tokenRevoked(tokenId);
  }

  attach(attachment: ClientAttachment): void {
    const { options, observer, guard, clock, replays } = this.device.context;
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
        this.device.runtimes.prune();
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
    for (const again of this.requests.comeBack(session)) this.device.outbox.send(again);
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
