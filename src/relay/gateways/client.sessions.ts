import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ChannelSocket } from '../../channel/index.js';
import { CLOCK } from '../../config/index.js';
import { CLOSE_CODES, messagesReadReason, type Clock, type Runtime } from '../../protocol/index.js';
import { LiveSockets } from '../access/live-sockets.js';
import { TokenRenewals } from '../access/token-renewals.js';
import { maySee, type Scoped } from '../access/rights.js';
import { Audit } from '../audit/audit.js';
import type { Environment } from '../environments/environment.js';
import { RoutingService } from '../routing/routing.service.js';
import { AdmittedSocket, type Admitted, type AdmittedSocketParts } from './admitted-socket.js';
import type { AdmittedClient } from './client.admission.js';
import { MOVED_REASON } from './restart-reasons.js';

/** What goes on to be read on a socket that is held. */
const ACKNOWLEDGEMENT = /^\{\s*"type"\s*:\s*"ack"/;

/** One open socket of a client. */
class AttachedSocket extends AdmittedSocket {
  declare readonly environmentId: string;
  /** Messages that were read before it was held. */
  private heldAfter: number | undefined;

  constructor(
    bare: ChannelSocket,
    parts: AdmittedSocketParts,
    admitted: Admitted,
    /** The same for all sockets of one client. */
    readonly key: string,
    private readonly gone: (socket: AttachedSocket) => void,
    /** Whether its client knows itself by `client=`. */
    private readonly isNamed: boolean,
    /** Whether its client sends commands on it. */
    readonly carriesCommands: boolean,
  ) {
    super(bare, parts, admitted);
  }

  /** Passes nothing on any more but acknowledgements: what its client sends from now on it is to send again, elsewhere. */
  holdBack(): void {
    if (this.isNamed) this.heldAfter ??= this.messages;
  }

  /** Tells its client to come again, and how many of its messages were passed on. @returns as `cut` */
  sendAway(clock: Clock): Promise<void> {
    const passedOn = this.heldAfter ?? this.messages;
    return this.cut(
      CLOSE_CODES.RESTART.code,
      this.isNamed ? messagesReadReason(MOVED_REASON, passedOn) : MOVED_REASON,
      clock,
    );
  }

  protected override takes(text: string): boolean {
    return super.takes(text) || (this.heldAfter !== undefined && !ACKNOWLEDGEMENT.test(text));
  }

  protected override left(): void {
    super.left();
    this.gone(this);
  }
}

/** Hands clients' sockets over to routing, and closes them when their token lets them in no longer. */
@Injectable()
export class ClientSessions {
  private readonly log = new Logger(ClientSessions.name);
  /** How many sockets each client has. */
  private readonly socketsOf = new Map<string, number>();
  private readonly byEnvironment = new Map<string, Set<AttachedSocket>>();
  /** As environments registered last: a socket may have been let in by the name before. */
  private readonly names = new Map<string, Scoped>();
  private readonly parts: AdmittedSocketParts;

  constructor(
    private readonly routing: RoutingService,
    live: LiveSockets,
    @Inject(CLOCK) clock: Clock,
    private readonly audit: Audit,
    renewals: TokenRenewals,
  ) {
    const failed = (error: unknown, environmentId?: string): void => this.log.error(error, { environmentId });
    this.parts = { live, renewals, audit, clock, failed };
  }

  /** Takes over a socket whose upgrade was let in. Never throws. */
  open(bare: ChannelSocket, { attachment, identity, asksForExpiry }: AdmittedClient): void {
    const { environmentId, client, agentId, conversationId, address } = attachment;
    const key = JSON.stringify([environmentId, identity.tokenId, client ?? [agentId, conversationId]]);
    const isNamed = client !== undefined;
    const terms = { identity, address, environmentId, connection: isNamed ? key : undefined, knowsOurs: isNamed };
    const carriesCommands = attachment.channel !== 'stream';
    const socket = new AttachedSocket(bare, this.parts, terms, key, this.left, isNamed, carriesCommands);
    const ofEnvironment = this.byEnvironment.get(environmentId) ?? new Set();
    this.byEnvironment.set(environmentId, ofEnvironment.add(socket));
    const others = this.socketsOf.get(key) ?? 0;
    this.socketsOf.set(key, others + 1);
    if (others === 0)
      this.audit.record({
        kind: 'client_attached',
        actor: socket.actor,
        environmentId,
        runtime: runtimeOf(attachment),
      });
    const named = this.names.get(environmentId);
    if (named) lookAt(socket, named);
    if (asksForExpiry) socket.announceExpiry();
    if (socket.open) socket.guard(() => this.routing.attach({ ...attachment, socket }));
  }

  /** An environment has registered, perhaps under another name: whoever is not shown that one is not shown the environment. */
  named({ id, organizationId, connectionName }: Pick<Environment, 'id' | 'organizationId' | 'connectionName'>): void {
    const named = { organizationId, connectionName };
    this.names.set(id, named);
    for (const socket of this.byEnvironment.get(id) ?? []) lookAt(socket, named);
  }

  /** An environment was deleted. */
  removed(environmentId: string): void {
    for (const socket of this.byEnvironment.get(environmentId) ?? [])
      void socket.cut(CLOSE_CODES.POLICY.code, 'This environment was deleted.', this.parts.clock);
    this.names.delete(environmentId);
  }

  /** Whether any socket of a client of it is open here. */
  serves(environmentId: string): boolean {
    return this.byEnvironment.has(environmentId);
  }

  /** Its clients' commands are not taken any more, where those send them again by themselves: soon another node serves it. */
  holdBack(environmentId: string): void {
    for (const socket of this.byEnvironment.get(environmentId) ?? []) socket.holdBack();
  }

  /**
   * Another node serves it from now on: its clients are told to come again. On control first: a client that hears it on stream closes control
   * itself, and what the relay says there of commands would come too late.
   *
   * @returns resolves when all are told. Never rejects
   */
  async leave(environmentId: string): Promise<void> {
    const { clock } = this.parts;
    const sockets = [...(this.byEnvironment.get(environmentId) ?? [])];
    this.names.delete(environmentId);
    const sendAway = (carriesCommands: boolean): Promise<unknown> =>
      Promise.all(
        sockets.filter((each) => each.carriesCommands === carriesCommands).map((each) => each.sendAway(clock)),
      );
    await sendAway(true);
    await sendAway(false);
  }

  /** Made once, for all of them. */
  private readonly left = (socket: AttachedSocket): void => {
    const { environmentId, key, actor } = socket;
    const ofEnvironment = this.byEnvironment.get(environmentId);
    if (!ofEnvironment?.delete(socket)) return;
    const others = (this.socketsOf.get(key) ?? 0) - 1;
    if (others > 0) this.socketsOf.set(key, others);
    else {
      this.socketsOf.delete(key);
      this.audit.record({ kind: 'client_detached', actor, environmentId });
    }
    if (ofEnvironment.size === 0) this.byEnvironment.delete(environmentId);
  };
}

function lookAt(socket: AttachedSocket, environment: Scoped): void {
  if (!maySee(socket.identity, environment)) socket.refuse('outside');
}

function runtimeOf({ agentId, conversationId }: AdmittedClient['attachment']): Runtime | undefined {
  return conversationId === undefined ? undefined : { agent_id: agentId ?? null, conversation_id: conversationId };
}
