import { SparseMap, type Clock, type Runtime, type Timer } from '../../protocol/index.js';
import type { ClientSession } from './client-session.js';
import type { ClientSocket } from './client-socket.js';
import { replayText, withheldText } from './frame-text.js';
import type { PendingApprovals } from './pending-approvals.js';
import {
  atHead,
  fromRecent,
  mayBeAnnounced,
  placeResumed,
  resumeStatusText,
  type Placement,
  type ResumeFrom,
} from './resume.js';
import type { RoutingObserver } from './routing-observer.js';
import type { RoutingOptions } from './routing.options.js';
import type { RuntimeHistory } from './runtime-history.js';
import type { RuntimeRecord, Runtimes } from './runtimes.js';

interface Waiting {
  readonly session: ClientSession;
  readonly timer: Timer;
}

/** Which socket follows which runtime, and what it is shown of the past (protocol sections 4 and 5). */
export class Subscriptions {
  /** Whether the device has said, in this process of the relay, what it has; a plain one never does. */
  private areJournalsKnown = false;
  /** Sockets whose verdict may depend on that. */
  private readonly waiting = new SparseMap<ClientSocket, Waiting>();

  constructor(
    private readonly options: RoutingOptions,
    private readonly clock: Clock,
    private readonly observer: RoutingObserver,
    private readonly runtimes: Runtimes,
    private readonly approvals: PendingApprovals,
  ) {}

  /** A socket has opened: tells it where it stands, and then what it is here for. */
  open(session: ClientSession, socket: ClientSocket): void {
    const record = socket.runtime && this.runtimes.of(socket.runtime);
    const { resume } = socket.attachment;
    if (socket.carriesEvents) {
      if (record && resume && !this.areJournalsKnown && mayBeAnnounced(record.history, resume))
        this.wait(session, socket);
      else this.begin(session, socket);
    } else if (record && this.options.clientChannels === 'mirror') socket.follow(record, atHead(record.history));
  }

  /**
   * The device has said what it has, or never will: verdicts are due, and who began with nothing is not shown what it brings
   * again. It happens once in a process.
   */
  journalsKnown(sessions: Iterable<ClientSession>): void {
    if (this.areJournalsKnown) return;
    this.areJournalsKnown = true;
    for (const session of sessions) for (const socket of session.sockets) socket.settleCursors();
    for (const socket of this.waiting.keys()) this.decide(socket);
  }

  /** This client's `runtime_start` has returned a runtime. @param from where its history ended before the command */
  started(session: ClientSession, asker: ClientSocket | undefined, runtime: Runtime, from: Placement): void {
    session.start(runtime, from);
    const socket = session.eventSocket(runtime, asker);
    if (!socket) return;
    this.followStarted(session, socket);
    if (this.options.clientChannels !== 'mirror') return;
    for (const partner of session.partnersOf(socket)) partner.follow(this.runtimes.of(runtime), from);
  }

  /** A socket has closed: what it carried of the started runtimes goes on on another one. */
  closed(session: ClientSession): void {
    for (const socket of this.waiting.keys()) if (!socket.isOpen) this.decide(socket);
    for (const socket of session.sockets)
      if (socket.isOpen && socket.carriesEvents) this.followStarted(session, socket);
  }

  /** Shows the asker of a `sync` a runtime's state, on the socket that carries its events, and then tells `shown`. */
  show(
    session: ClientSession,
    asker: ClientSocket | undefined,
    record: RuntimeRecord,
    withApprovals: boolean,
    shown: () => void,
  ): void {
    const audience = session.audience(record.runtime, asker);
    const sockets = audience.length === 0 && asker?.isOpen ? [asker] : audience;
    let left = sockets.length;
    const done = (): void => {
      if (--left === 0) shown();
    };
    if (left === 0) return shown();
    for (const socket of sockets) showOn(socket, record.runtime, this.stateOf(record, socket, withApprovals), done);
  }

  /** Shows one `control_request` again, to one client. */
  showApproval(session: ClientSession, runtime: Runtime, text: string): void {
    const audience = session.audience(runtime);
    const rest = session.restSocket();
    const sockets = audience.length === 0 && rest ? [rest] : audience;
    for (const socket of sockets) showOn(socket, runtime, [approvalText(text, socket)]);
  }

  /** Tells everybody who follows a runtime something that has no place in its history. */
  announce(sessions: Iterable<ClientSession>, runtime: Runtime, text: string): void {
    for (const session of sessions)
      for (const socket of session.sockets) {
        socket.cursorOf(runtime)?.show([text]);
        socket.wake();
      }
  }

  /** Everything is here that the device had of a runtime: who was not sent it is shown what has become of it. */
  refilled(sessions: Iterable<ClientSession>, record: RuntimeRecord): void {
    for (const session of sessions)
      for (const socket of session.sockets) {
        const cursor = socket.carriesEvents ? socket.cursorOf(record.runtime) : undefined;
        if (cursor?.refilled()) showOn(socket, record.runtime, this.stateOf(record, socket, session.isNamed));
      }
  }

  /** Nothing is sent on a socket before its verdict, and that may depend on a device that is not there yet. */
  private wait(session: ClientSession, socket: ClientSocket): void {
    socket.hold();
    const timer = this.clock.after(this.options.journalsWaitMs, () => this.decide(socket));
    this.waiting.set(socket, { session, timer });
  }

  private decide(socket: ClientSocket): void {
    const waiting = this.waiting.get(socket);
    if (!waiting) return;
    this.waiting.delete(socket);
    waiting.timer.cancel();
    if (!socket.isOpen) return;
    try {
      this.begin(waiting.session, socket);
    } finally {
      socket.release();
    }
  }

  private begin(session: ClientSession, socket: ClientSocket): void {
    this.beginOwn(session, socket);
    this.followStarted(session, socket);
  }

  private beginOwn(session: ClientSession, socket: ClientSocket): void {
    const { resume, history: events = 0 } = socket.attachment;
    const record = socket.runtime && this.runtimes.of(socket.runtime);
    const history = record?.history;
    const placement = history && placementOf(history, resume, events);
    if (session.isNamed || resume) {
      const verdict = placement ?? { recovered: resume === undefined };
      socket.send({ text: resumeStatusText(history, resume, verdict), urgency: 'urgent', isFirst: true });
      if (resume) this.observer.resumed(verdict.recovered);
    }
    if (!record || !placement) return;
    const cursor = socket.follow(record, placement);
    if (!resume || !placement.recovered) cursor.show(this.stateOf(record, socket, session.isNamed));
    if (resume) cursor.show([], () => socket.isOpen && this.observer.caughtUp(socket.ageMs));
  }

  /** What this client has started goes on on a new socket; what no socket has carried yet, from its beginning. */
  private followStarted(session: ClientSession, socket: ClientSocket): void {
    if (this.waiting.has(socket)) return;
    for (const started of session.started.values()) {
      const record = this.runtimes.of(started.runtime);
      const { from } = started;
      if (socket.cursorOf(started.runtime)) started.from = undefined;
      else if (session.eventSocket(started.runtime, socket) === socket) {
        const cursor = socket.follow(record, from ?? atHead(record.history));
        if (from === undefined) cursor.show(this.stateOf(record, socket, session.isNamed));
        started.from = undefined;
      }
    }
  }

  private stateOf(record: RuntimeRecord, socket: ClientSocket, withApprovals: boolean): string[] {
    const approvals = withApprovals ? this.approvals.of(record.runtime) : [];
    return [
      ...approvals.map(({ text }) => approvalText(text, socket)),
      ...[...record.snapshots.values()].map(replayText),
    ];
  }
}

function placementOf(history: RuntimeHistory, resume: ResumeFrom | undefined, events: number): Placement {
  if (resume) return placeResumed(history, resume);
  return events > 0 ? fromRecent(history, events) : atHead(history);
}

/** After the events that the socket has of that runtime, where it has any. @param done told when all of it has been sent */
function showOn(socket: ClientSocket, runtime: Runtime, texts: readonly string[], done: () => void = () => {}): void {
  const cursor = socket.cursorOf(runtime);
  if (cursor) {
    cursor.show(texts, done);
    return socket.wake();
  }
  for (const text of texts) socket.send({ text, urgency: 'urgent' });
  done();
}

function approvalText(text: string, socket: ClientSocket): string {
  const replay = replayText(text);
  return socket.mayApprove ? replay : withheldText(replay);
}
