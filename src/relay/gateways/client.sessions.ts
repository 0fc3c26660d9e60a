import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ChannelSocket } from '../../channel/index.js';
import { CLOCK } from '../../config/index.js';
import { CLOSE_CODES, type Clock, type Runtime } from '../../protocol/index.js';
import { LiveSockets, type AccessEnd, type Hold } from '../access/live-sockets.js';
import { TokenRenewals } from '../access/token-renewals.js';
import { maySee, type Scoped } from '../access/rights.js';
import type { Actor } from '../audit/audit-entry.js';
import { actorAt, Audit } from '../audit/audit.js';
import type { Environment } from '../environments/environment.js';
import { RoutingService } from '../routing/routing.service.js';
import { accessClosing } from './access-closing.js';
import type { AdmittedClient } from './client.admission.js';
import { GuardedSocket } from './guarded-socket.js';

/** One open socket, and whose it is. */
interface Attached {
  /** The same for all sockets of one client. */
  readonly key: string;
  readonly actor: Actor;

  readonly hold: Hold;
  readonly socket: GuardedSocket;
  readonly refuse: (end: AccessEnd) => void;
}

/** Hands clients' sockets over to routing, and closes them when their token lets them in no longer. */
@Injectable()
export class ClientSessions {
  private readonly log = new Logger(ClientSessions.name);
  /** How many sockets each client has. */
  private readonly socketsOf = new Map<string, number>();
  private readonly byEnvironment = new Map<string, Set<Attached>>();
  /** As environments registered last: a socket may have been let in by the name before. */
  private readonly names = new Map<string, Scoped>();

  constructor(
    private readonly routing: RoutingService,
    private readonly live: LiveSockets,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly renewals: TokenRenewals,
  ) {}

  /** Takes over a socket whose upgrade was let in. Never throws. */
  open(bare: ChannelSocket, { identity, asksForExpiry, ...admitted }: AdmittedClient): void {
    const { environmentId, client, agentId, conversationId, address } = admitted;
    const actor = actorAt(identity, address);
    const key = JSON.stringify([environmentId, identity.tokenId, client ?? [agentId, conversationId]]);
    const failed = (error: unknown): void => this.log.error(error, { environmentId });
    const socket = new GuardedSocket(bare, failed, () => this.left(environmentId, attached));
    const refuse = (end: AccessEnd): void => {
      this.audit.record({ kind: 'access_ended', actor, environmentId, details: { end } });
      const { code, reason } = accessClosing(end, client !== undefined);
      socket.cut(code.code, reason, this.clock);
    };
    const connection = client && JSON.stringify([environmentId, client]);
    const hold = this.live.hold(identity, { refuse }, connection);
    const attached: Attached = { key, actor, hold, socket, refuse };
    const ofEnvironment = this.byEnvironment.get(environmentId) ?? new Set();
    this.byEnvironment.set(environmentId, ofEnvironment.add(attached));
    const others = this.socketsOf.get(key) ?? 0;
    this.socketsOf.set(key, others + 1);
    if (others === 0)
      this.audit.record({ kind: 'client_attached', actor, environmentId, runtime: runtimeOf(admitted) });
    const named = this.names.get(environmentId);
    if (named) this.lookAt(attached, named);
    const renewal = this.renewals.of(hold, socket, (refusal) =>
      this.audit.refusedRenewal(environmentId, actor, refusal),
    );
    socket.intercept((text) => renewal.takes(text));
    if (asksForExpiry) renewal.announce();
    if (socket.open) socket.guard(() => this.routing.attach({ ...admitted, socket }));
  }

  /** An environment has registered, perhaps under another name: whoever is not shown that one is not shown the environment. */
  named({ id, organizationId, connectionName }: Environment): void {
    const named = { organizationId, connectionName };
    this.audit.named({ id, ...named });
    this.names.set(id, named);
    for (const attached of this.byEnvironment.get(id) ?? []) this.lookAt(attached, named);
  }

  /** An environment was deleted. */
  removed(environmentId: string): void {
    for (const { socket } of this.byEnvironment.get(environmentId) ?? [])
      socket.cut(CLOSE_CODES.POLICY.code, 'This environment was deleted.', this.clock);
    this.names.delete(environmentId);
  }

  private lookAt({ hold, refuse }: Attached, environment: Scoped): void {
    if (!maySee(hold.identity, environment)) refuse('outside');
  }

  private left(environmentId: string, attached: Attached): void {
    attached.hold.release();
    const ofEnvironment = this.byEnvironment.get(environmentId);
    if (!ofEnvironment?.delete(attached)) return;
    const { key, actor } = attached;
    const others = (this.socketsOf.get(key) ?? 0) - 1;
    if (others > 0) this.socketsOf.set(key, others);
    else {
      this.socketsOf.delete(key);
      this.audit.record({ kind: 'client_detached', actor, environmentId });
    }
    if (ofEnvironment.size === 0) this.byEnvironment.delete(environmentId);
  }
}

function runtimeOf({
  agentId,
  conversationId,
}: Pick<AdmittedClient, 'agentId' | 'conversationId'>): Runtime | undefined {
  return conversationId === undefined ? undefined : { agent_id: agentId ?? null, conversation_id: conversationId };
}
