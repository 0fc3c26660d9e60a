import { encodeFrame, type Clock, type Frame, type Runtime, type Timer, SparseMap } from '../../protocol/index.js';
import type { ClientAttachment } from './client-attachment.js';
import { ClientSession } from './client-session.js';
import type { ClientSocket } from './client-socket.js';
import type { RoutingObserver } from './routing-observer.js';
import type { RoutingOptions } from './routing.options.js';

export interface ClientRegistryOutlets {
  /** Whether a client that is away has anything to come back to. */
  readonly isOwner: (session: ClientSession) => boolean;
  /** It will not come back: what it owns ends. */
  readonly left: (session: ClientSession) => void;
}

/** The clients of one environment, and which socket is whose (protocol section 4). */
export class ClientRegistry {
  private readonly sessions = new SparseMap<string, ClientSession>();
  private readonly timers = new SparseMap<ClientSession, Timer>();

  constructor(
    private readonly options: RoutingOptions,
    private readonly clock: Clock,
    private readonly observer: RoutingObserver,
    private readonly outlets: ClientRegistryOutlets,
  ) {}

  [Symbol.iterator](): Iterator<ClientSession> {
    return this.sessions.values()[Symbol.iterator]();
  }

  join(socket: ClientSocket): ClientSession {
    const key = keyOf(socket.attachment);
    const isNamed = socket.attachment.client !== undefined;
    const session =
      this.sessions.get(key) ?? new ClientSession(key, socket.attachment.tokenId, isNamed, this.options, this.observer);
    this.sessions.set(key, session);
    this.timers.get(session)?.cancel();
    this.timers.delete(session);
    session.add(socket);
    return session;
  }

  /** A socket has closed. */
  part(session: ClientSession, socket: ClientSocket): void {
    if (!session.sockets.delete(socket) || session.isPresent || this.sessions.get(session.key) !== session) return;
    const isKept = session.isNamed && (session.holdsAnswers || this.outlets.isOwner(session));
    if (!isKept) return this.leave(session);
    this.timers.set(
      session,
      this.clock.after(this.options.clientAwayMs, () => this.leave(session)),
    );
  }

  /** A token lets nobody in any more: its clients will not come back. */
  tokenRevoked(tokenId: string): void {
    for (const session of this) {
      if (session.tokenId !== tokenId) continue;
      this.timers.get(session)?.cancel();
      this.leave(session);
    }
  }

  /** Carries a frame that is addressed to nobody: to every client, or to those of a runtime. */
  broadcast(frame: Frame, { runtime, approvers }: { runtime?: Runtime | undefined; approvers?: boolean } = {}): void {
    const text = encodeFrame(frame);
    for (const session of this) this.carry(session, frame, text, { runtime, approvers: approvers ?? false });
  }

  /** Carries it to one client. */
  carry(
    session: ClientSession,
    frame: Frame,
    text: string = encodeFrame(frame),
    { runtime, approvers }: { runtime?: Runtime | undefined; approvers?: boolean } = {},
  ): void {
    const onBoth = this.options.clientChannels === 'mirror' && ('request_id' in frame || 'idempotency_key' in frame);
    for (const socket of session.sockets) {
      if (!socket.isOpen || !(socket.carriesRest || onBoth)) continue;
      if (runtime && !session.follows(runtime, socket)) continue;
      if (approvers && !socket.mayApprove) continue;
      socket.send({ text, urgency: 'fair' });
    }
  }

  private leave(session: ClientSession): void {
    this.timers.delete(session);
    this.sessions.delete(session.key);
    session.leave();
    this.outlets.left(session);
  }
}

function keyOf({ tokenId, client, agentId, conversationId }: ClientAttachment): string {
  const identity = client === undefined ? ['stock', agentId ?? null, conversationId ?? null] : ['named', client];
  return JSON.stringify([tokenId, ...identity]);
}
