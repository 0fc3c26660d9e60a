import { Injectable } from '@nestjs/common';
import type {
  Capabilities,
  EnvironmentChanges,
  EnvironmentPage,
  EnvironmentRecord,
  Frame,
  RuntimePage,
} from '../../protocol/index.js';
import { assertMayRegister, assertMaySeeAny, assertMaySteer } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { actorAt, Audit } from '../audit/audit.js';
import { LiveSockets } from '../access/live-sockets.js';
import { mayOperate, maySee, rightsKeyOf } from '../access/rights.js';
import { Engine } from '../engine/engine.js';
import { RelayError } from '../relay.error.js';
import { agreedCapabilities } from './agreed-capabilities.js';
import { ChangedEnvironments } from './changed-environments.js';
import { environmentIds, type Environment, type Offline } from './environment.js';
import { EnvironmentRegistry, type Registered } from './environment.registry.js';
import { MAX_PAGE, type ListEnvironmentsQuery } from './list-environments.query.js';
import type { PresenceRecord } from './presence.js';
import type { RegisterEnvironmentDto } from './register-environment.dto.js';
import type { SendMessagesDto } from './send-messages.dto.js';
import { SupersededListeners } from './superseded-listeners.js';

/** The conversation of an agent that has no other. */
const DEFAULT_CONVERSATION = 'default';

export interface MessagesOutcome {
  readonly success: boolean;
  readonly message: string;
}

/** Registers listeners and shows environments to clients (protocol sections 1 and 4). */
@Injectable()
export class EnvironmentsService {
  constructor(
    private readonly registry: EnvironmentRegistry,
    private readonly superseded: SupersededListeners,
    private readonly engine: Engine,
    private readonly audit: Audit,
    private readonly live: LiveSockets,
    private readonly changed: ChangedEnvironments,
  ) {}

  /** @throws RelayError ACCESS_REFUSED, ENVIRONMENT_TAKEN, LISTENER_SUPERSEDED, TOKEN_REVOKED */
  async register(identity: Identity, request: RegisterEnvironmentDto): Promise<Registered> {
    const { organizationId, tokenId } = identity;
    assertMayRegister(identity, { organizationId, connectionName: request.connectionName });
    this.refuseSuperseded(organizationId, request);
    const registered = await this.registry.register({
      organizationId,
      tokenId,
      deviceId: request.deviceId,
      listenerInstanceId: request.listenerInstanceId ?? undefined,
      connectionName: request.connectionName,
      metadata: request.metadata ?? {},
    });
    const { environment, renamedFrom } = registered;
    if (renamedFrom !== undefined) this.changed.gone({ ...environment, connectionName: renamedFrom });
    this.changed.note(environment.id);
    if (!this.live.isDeleted(organizationId)) return registered;
    // Whoever deleted the organisation meanwhile may have looked for its environments before this one was there.
    await this.registry.remove(environment.id);
    throw new RelayError('TOKEN_REVOKED');
  }

  /** What is agreed with this listener. */
  capabilitiesFor({ metadata }: Environment): Capabilities {
    return agreedCapabilities(metadata);
  }

  /** @throws RelayError ACCESS_REFUSED, BAD_REQUEST */
  async list(identity: Identity, query: ListEnvironmentsQuery): Promise<EnvironmentPage> {
    assertMaySeeAny(identity);
    const { organizationId } = identity;
    const { after, limit } = query;
    if (after !== undefined && !(await this.isShown(identity, after)))
      throw new RelayError('BAD_REQUEST', 'after must be the id of an environment that this list has shown.');
    const wanted: Environment[] = [];
    for await (const environment of this.registry.behind(organizationId, after)) {
      if (maySee(identity, environment) && this.matches(environment, query)) wanted.push(environment);
      if (wanted.length > limit) break;
    }
    return {
      connections: wanted.slice(0, limit).map((environment) => this.show(identity, environment)),
      hasNextPage: wanted.length > limit,
    };
  }

  /**
   * What has become of environments since, at most `MAX_PAGE` of them.
   *
   * @param since a cursor of an earlier answer; undefined, or one that is of no use here: none is told, and `recovered` is false
   * @throws RelayError ACCESS_REFUSED
   */
  async changesSince(identity: Identity, since: string | undefined): Promise<EnvironmentChanges> {
    assertMaySeeAny(identity);
    const audience = rightsKeyOf(identity);
    const entries = since === undefined ? undefined : this.changed.since(since, audience, MAX_PAGE);
    const cursor = this.changed.cursorAt(audience, entries?.at(-1)?.number);
    if (!entries) return { cursor, recovered: false, changed: [], gone: [], hasMore: false };
    const found = await this.registry.withIds(identity.organizationId, new Set(entries.map(({ id }) => id)));
    const changed = found.filter((environment) => maySee(identity, environment));
    const shown = new Set(changed.map(({ id }) => id));
    const gone = entries.flatMap(({ id, gone: was }) => (was && maySee(identity, was) && !shown.has(id) ? [id] : []));
    const hasMore = entries.length === MAX_PAGE;
    const records = changed.map((environment) => this.show(identity, environment));
    return { cursor, recovered: true, changed: records, gone: [...new Set(gone)], hasMore };
  }

  /**
   * @param name an environment's id, its connectionId, or its device's id
   * @throws RelayError ACCESS_REFUSED, ENVIRONMENT_UNKNOWN
   */
  async get(identity: Identity, name: string): Promise<EnvironmentRecord> {
    return this.show(identity, await this.resolve(identity, name));
  }

  /**
   * @param name as for `get`
   * @throws RelayError ACCESS_REFUSED, ENVIRONMENT_UNKNOWN, NODE_AWAY
   */
  async runtimes(identity: Identity, name: string, limit: number): Promise<RuntimePage> {
    const { id } = await this.resolve(identity, name);
    return this.engine.runtimesOf(id, limit);
  }

  /**
   * @param address where the request came from
   * @throws RelayError ACCESS_REFUSED, ENVIRONMENT_UNKNOWN, DEVICE_OFFLINE, NODE_AWAY
   */
  async sendMessages(
    identity: Identity,
    name: string,
    request: SendMessagesDto,
    address?: string,
  ): Promise<MessagesOutcome> {
    const environment = await this.resolve(identity, name);
    assertMaySteer(identity);
    // A request over HTTP does not wait for a device to come back.
    if (!this.isOnline(environment.id)) throw new RelayError('DEVICE_OFFLINE');
    const command: Frame = {
      type: 'input',
      runtime: { agent_id: request.agentId ?? null, conversation_id: request.conversationId ?? DEFAULT_CONVERSATION },
      payload: { kind: 'create_message', messages: request.messages },
    };
    this.audit.command(environment.id, actorAt(identity, address), command);
    const answer = await this.engine.request(environment.id, command);
    return readOutcome(answer);
  }

  /** A listener that says which process it is, the registry knows itself. */
  private refuseSuperseded(organizationId: string, request: RegisterEnvironmentDto): void {
    if (request.metadata?.['processInstanceId'] !== undefined) return;
    const { id } = environmentIds(organizationId, request.deviceId, request.listenerInstanceId ?? undefined);
    if (this.superseded.takes(id)) throw new RelayError('LISTENER_SUPERSEDED');
  }

  private async isShown(identity: Identity, id: string): Promise<boolean> {
    const [found] = await this.registry.withIds(identity.organizationId, new Set([id]));
    return found !== undefined && maySee(identity, found);
  }

  private async resolve(identity: Identity, name: string): Promise<Environment> {
    assertMaySeeAny(identity);
    const all = await this.registry.find(identity.organizationId, name);
    const found = all.filter((environment) => maySee(identity, environment));
    const environment = found.find(({ id }) => this.isOnline(id)) ?? found[0];
    if (!environment) throw new RelayError('ENVIRONMENT_UNKNOWN');
    return environment;
  }

  private isOnline(id: string): boolean {
    return this.engine.presenceOf(id)?.online ?? false;
  }

  private matches({ id, metadata }: Environment, { onlineOnly, source, userId }: ListEnvironmentsQuery): boolean {
    if (onlineOnly === 'true' && !this.isOnline(id)) return false;
    const agrees = (wanted: string | undefined, said: unknown) =>
      wanted === undefined || said === undefined || said === wanted;
    return agrees(source, metadata['source']) && agrees(userId, metadata['userId']);
  }

  private show(identity: Identity, environment: Environment): EnvironmentRecord {
    const { id, connectionId, deviceId, connectionName, organizationId, firstSeenAt } = environment;
    const presence = this.engine.presenceOf(id);
    const { mode, branch, link, attention } = this.engine.factsOf(id);
    const offline = whyOffline(environment, presence);
    // What machines a relay has is its operator's matter.
    const servedBy = mayOperate(identity) ? this.engine.servedBy(id) : undefined;
    // Process ids would let a client pass for that listener.
    const { processInstanceId: _hidden, ...metadata } = environment.metadata;
    return {
      id,
      connectionId: presence?.online ? connectionId : null,
      deviceId,
      connectionName,
      organizationId,
      podId: null,
      connectedAt: presence?.connectedAt ?? null,
      awaySince: presence?.awaySince ?? null,
      offlineReason: offline?.reason ?? null,
      offlineSince: offline?.since ?? null,
      lastHeartbeat: later(presence?.lastHeartbeat ?? null, environment.lastHeartbeat),
      lastSeenAt: Math.max(presence?.lastSeenAt ?? 0, environment.lastSeenAt),
      firstSeenAt,
      ...(mode === undefined ? {} : { currentMode: mode }),
      ...(branch === undefined ? {} : { currentBranch: branch }),
      ...(link && presence?.online ? { currentLink: link } : {}),
      ...(servedBy === undefined ? {} : { servedBy }),
      ...attention,
      metadata,
    };
  }
}

/** What a node shows of an environment that another one serves is as old as its link; the record follows every few minutes. */
function later(shown: number | null, recorded: number | null): number | null {
  return shown === null || recorded === null ? (shown ?? recorded) : Math.max(shown, recorded);
}

/** Null while it is online. Of what is known, what came last. */
function whyOffline({ offline, lastSeenAt }: Environment, presence: PresenceRecord | undefined): Offline | null {
  if (presence?.online) return null;
  const known = [offline, presence?.offline ?? null].filter((one) => one !== null);
  // A relay that ends says nothing of any environment: this one was online then, or its record is older than such reasons.
  return known.toSorted((a, b) => b.since - a.since)[0] ?? { reason: 'relay-restarted', since: lastSeenAt };
}

function readOutcome(answer: Frame): MessagesOutcome {
  const error = typeof answer['error'] === 'string' ? answer['error'] : undefined;
  if (answer['error_code'] === 'DEVICE_OFFLINE') throw new RelayError('DEVICE_OFFLINE', error);
  if (answer['accepted'] === true) return { success: true, message: 'The device has accepted the messages.' };
  return { success: false, message: error ?? 'The device did not accept the messages.' };
}
