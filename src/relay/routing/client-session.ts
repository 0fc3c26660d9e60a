import { runtimeKey, type Runtime, SparseMap } from '../../protocol/index.js';
import type { PassageVerdict } from './answer-in-chunks.js';
import type { AnswerPassage } from './answer-passage.js';
import type { ClientAttachment } from './client-attachment.js';
import type { ClientSocket } from './client-socket.js';
import type { Placement } from './resume.js';
import type { RoutingObserver } from './routing-observer.js';
import type { RoutingOptions } from './routing.options.js';
import type { ShowOutcome, TerminalOwner } from './terminals.js';

/** A runtime that `runtime_start` returned to this client. */
export interface StartedRuntime {
  readonly runtime: Runtime;
  /** From where in its history the client has seen nothing yet; undefined once a socket has it. */
  from: Placement | undefined;
}

/** An answer to one of a client's commands. */
interface Answer {
  readonly text: string;
  /** As the client gave it. */
  readonly requestId: string | undefined;
}

/** Runtimes that one client's `runtime_start` commands keep subscribed; beyond, the oldest is let go. */
const MAX_STARTED = 256;

/** Whoever attaches with one identity: all of its sockets, and what it owns while it has none. */
export class ClientSession implements TerminalOwner {
  readonly sockets = new Set<ClientSocket>();
  readonly started = new SparseMap<string, StartedRuntime>();
  private readonly held: Answer[] = [];
  /** Ids of what was answered and is not with the client yet. */
  private readonly owed = new Set<string>();
  private heldBytes = 0;
  private hasLeft = false;

  /** @param isNamed whether it named itself with `client=`, and so is the same over a reconnect */
  constructor(
    readonly key: string,
    /** Whose it is. */
    readonly tokenId: string,
    readonly isNamed: boolean,
    private readonly options: RoutingOptions,
    private readonly observer: RoutingObserver,
  ) {}

  get isPresent(): boolean {
    return this.sockets.size > 0;
  }

  /** Whether answers wait here for the client to come back. */
  get holdsAnswers(): boolean {
    return this.held.length > 0;
  }

  /** Ids of requests whose answers are here, or on a socket that has not brought them yet. */
  get undelivered(): Iterable<string> {
    return this.owed;
  }

  /** Whether answers are on their way to it, or wait here for it to come back. */
  get isOwed(): boolean {
    return this.owed.size > 0;
  }

  add(socket: ClientSocket): void {
    this.sockets.add(socket);
  }

  /** Gives a socket what was answered while the client was away. */
  handOver(): void {
    this.heldBytes = 0;
    for (const answer of this.held.splice(0)) this.answer(answer);
  }

  /** Gone for good: nothing is kept any more. */
  leave(): void {
    this.hasLeft = true;
    this.held.length = 0;
    this.owed.clear();
  }

  start(runtime: Runtime, from: Placement): void {
    const key = runtimeKey(runtime);
    if (this.started.has(key)) return;
    this.started.set(key, { runtime, from });
    for (const oldest of this.started.keys()) if (this.started.size > MAX_STARTED) this.started.delete(oldest);
  }

  /** Whether one of its sockets selected this runtime, or it started it. */
  follows(runtime: Runtime, socket: ClientSocket): boolean {
    const key = runtimeKey(runtime);
    return this.started.has(key) || (socket.runtime !== undefined && runtimeKey(socket.runtime) === key);
  }

  /** Passes an answer on in chunks, to the socket its command came on, or to another one. */
  pass(passage: AnswerPassage, preferred: ClientSocket): PassageVerdict {
    const socket = preferred.isOpen ? preferred : this.restSocket();
    if (!socket) return 'away';
    if (!socket.takesChunks) return 'join';
    socket.carry(passage);
    return 'passed';
  }

  /** Sends an answer on the socket its command came on, on another one, or once the client is back. */
  answer(answer: Answer, preferred?: ClientSocket): void {
    const { text, requestId } = answer;
    const socket = preferred?.isOpen ? preferred : this.restSocket();
    if (!socket) return this.hold(answer);
    if (this.isNamed && requestId !== undefined) this.owed.add(requestId);
    const undelivered = (): void => this.answer(answer);
    const delivered = (): void => this.settle(answer);
    socket.send({ text, urgency: 'urgent', untilAcknowledged: this.isNamed, undelivered, delivered });
    if (this.options.clientChannels === 'mirror') this.mirror(text, socket);
  }

  /**
   * Sends what one of its terminals shows.
   *
   * @param outcome told what became of it, once a socket took it
   * @returns false when no socket is open
   */
  show(text: string, outcome: ShowOutcome): boolean {
    const socket = this.restSocket();
    socket?.send({ text, urgency: 'fair', untilAcknowledged: this.isNamed, ...outcome });
    return socket !== undefined;
  }

  /** Where frames go that are no events: control or the only socket, else whatever is open. */
  restSocket(): ClientSocket | undefined {
    const open = [...this.sockets].filter((socket) => socket.isOpen).toReversed();
    return open.find((socket) => socket.carriesRest) ?? open[0];
  }

  /** Where events of a runtime go: the socket that has them, else any that carries events. The newest first. */
  eventSocket(runtime: Runtime, near?: ClientSocket): ClientSocket | undefined {
    const open = [...this.sockets].filter((socket) => socket.isOpen && socket.carriesEvents).toReversed();
    return (
      open.find((socket) => socket.cursorOf(runtime)) ??
      open.find((socket) => socket === near) ??
      open.find((socket) => near && sameScope(socket.attachment, near.attachment)) ??
      open[0]
    );
  }

  /**
   * Where something is shown to this client alone. Stock clients with the same token and scope are one session here, and
   * which stream belongs to which control cannot be told: every one of their sockets is shown it.
   */
  audience(runtime: Runtime, near?: ClientSocket): ClientSocket[] {
    const following = [...this.sockets].filter(
      (socket) => socket.isOpen && socket.carriesEvents && socket.cursorOf(runtime),
    );
    if (!this.isNamed && following.length > 0) return following;
    const socket = this.eventSocket(runtime, near);
    return socket ? [socket] : [];
  }

  /** The other socket of a mirrored pair. */
  partnersOf(socket: ClientSocket): ClientSocket[] {
    if (socket.channel === undefined) return [];
    return [...this.sockets].filter(
      (other) =>
        other.isOpen &&
        other.channel !== undefined &&
        other.channel !== socket.channel &&
        sameScope(other.attachment, socket.attachment),
    );
  }

  private mirror(text: string, socket: ClientSocket): void {
    for (const partner of this.partnersOf(socket)) partner.send({ text, urgency: 'urgent' });
  }

  private hold(answer: Answer): void {
    if (!this.isNamed || this.hasLeft) return this.observer.dropped('absent-client');
    this.held.push(answer);
    if (answer.requestId !== undefined) this.owed.add(answer.requestId);
    this.heldBytes += answer.text.length;
    while (this.heldBytes > this.options.directBytes / 2) {
      const oldest = this.held.shift();
      if (!oldest) return;
      this.heldBytes -= oldest.text.length;
      this.settle(oldest);
      this.observer.dropped('absent-client');
    }
  }

  /** The client has it, or never will. */
  private settle({ requestId }: Answer): void {
    if (requestId !== undefined) this.owed.delete(requestId);
  }
}

function sameScope(a: ClientAttachment, b: ClientAttachment): boolean {
  return a.agentId === b.agentId && a.conversationId === b.conversationId;
}
