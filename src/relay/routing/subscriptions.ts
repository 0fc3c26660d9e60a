import type { Runtime } from '../../protocol/index.js';
import type { ClientSession } from './client-session.js';
import type { ClientSocket } from './client-socket.js';
import { replayText, withheldText } from './frame-text.js';
import type { PendingApprovals } from './pending-approvals.js';
import { atHead, fromPosition, placeResumed, resumeStatusText } from './resume.js';
import type { RoutingOptions } from './routing.options.js';
import type { RuntimeRecord, Runtimes } from './runtimes.js';

/** Which socket follows which runtime, and what it is shown of the past (protocol sections 4 and 5). */
export class Subscriptions {
  constructor(
    private readonly options: RoutingOptions,
    private readonly runtimes: Runtimes,
    private readonly approvals: PendingApprovals,
  ) {}

  /** A socket has opened: tells it where it stands, and then what it is here for. */
  open(session: ClientSession, socket: ClientSocket): void {
    const record = socket.runtime && this.runtimes.of(socket.runtime);
    if (socket.carriesEvents) {
      this.begin(session, socket, record);
      this.followStarted(session, socket);
    } else if (record && this.options.clientChannels === 'mirror') socket.follow(record, atHead(record.history));
  }

  /** This client's `runtime_start` has returned a runtime. @param from position in its history before the command */
  started(session: ClientSession, asker: ClientSocket | undefined, runtime: Runtime, from: number): void {
    session.start(runtime, from);
    const socket = session.eventSocket(runtime, asker);
    if (!socket) return;
    this.followStarted(session, socket);
    if (this.options.clientChannels !== 'mirror') return;
    for (const partner of session.partnersOf(socket)) partner.follow(this.runtimes.of(runtime), fromPosition(from));
  }

  /** A socket has closed: what it carried of the started runtimes goes on on another one. */
  closed(session: ClientSession): void {
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

  private begin(session: ClientSession, socket: ClientSocket, record: RuntimeRecord | undefined): void {
    const { resume } = socket.attachment;
    const history = record?.history;
    const placement = history && (resume ? placeResumed(history, resume) : atHead(history));
    if (session.isNamed || resume) {
      const text = resumeStatusText(history, resume, placement ?? { recovered: resume === undefined });
      socket.send({ text, urgency: 'urgent' });
    }
    if (!record || !placement) return;
    const cursor = socket.follow(record, placement);
    if (!resume || !placement.recovered) cursor.show(this.stateOf(record, socket, session.isNamed));
  }

  /** What this client has started goes on on a new socket; what no socket has carried yet, from its beginning. */
  private followStarted(session: ClientSession, socket: ClientSocket): void {
    for (const started of session.started.values()) {
      const record = this.runtimes.of(started.runtime);
      const { from } = started;
      if (socket.cursorOf(started.runtime)) started.from = undefined;
      else if (session.eventSocket(started.runtime, socket) === socket) {
        const cursor = socket.follow(record, from === undefined ? atHead(record.history) : fromPosition(from));
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
