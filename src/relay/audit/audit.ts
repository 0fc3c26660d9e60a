import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { CLOCK } from '../../config/index.js';
import {
  readRuntime,
  type AuditEntry,
  type Clock,
  type ErrorCode,
  type Frame,
  type Runtime,
} from '../../protocol/index.js';
import { addressOf } from '../access/client-address.js';
import type { Identity } from '../access/identity.js';
import { RateLimit } from '../access/rate-limit.js';
import { identityOf } from '../access/request-identity.js';
import { EnvironmentRegistry } from '../environments/environment.registry.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import type { AuditedApproval, CommandActor, RoutingAudit } from '../routing/routing-audit.js';
import { makeEntryId, type Actor, type AuditDraft } from './audit-entry.js';
import { AuditLog, type AuditQuery } from './audit.log.js';
import { AuditNames, type NamedEnvironment } from './audit-names.js';
import { commandDetails, isChanging, isMakingSafer, shown } from './command-details.js';

/** Entries whose names are being looked up; beyond, they go without. */
const MOST_NAMELESS = 10_000;
/** One address has this part of the refusals that are recorded. */
const ADDRESS_PART = 10;
/** Nobody is told to come back: what is over the rate is counted. */
const LONGEST_WAIT_MS = 1_000;

/** Characters of an agent's or a conversation's id in an entry. */
const MOST_ID_CHARACTERS = 128;

interface Waiting {
  readonly draft: AuditDraft;
  readonly at: number;
}

/** Who makes a request. */
export function actorOf(identity: Identity, request: IncomingMessage): Actor {
  return actorAt(identity, addressOf(request));
}

/** @param address as limits count it */
export function actorAt(
  { organizationId, tokenId, name: tokenName }: Identity,
  address: string | undefined,
): Actor & CommandActor {
  return { organizationId, tokenId, tokenName, address };
}

/** Writes down who did what, where and from where: in the order in which it happened, and without being waited for. */
@Injectable()
export class Audit implements RoutingAudit, OnApplicationShutdown {
  private readonly log = new Logger(Audit.name);
  private readonly names: AuditNames;
  private readonly perAddress: RateLimit;
  private readonly perRelay: RateLimit;
  private waiting: Waiting[] = [];
  private naming: Promise<void> | undefined;
  /** Refusals since the last one that was recorded. */
  private unrecorded = 0;

  constructor(
    private readonly entries: AuditLog,
    registry: EnvironmentRegistry,
    private readonly options: RelayOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.names = new AuditNames(registry, (error) => this.log.error(error));
    const { refusalsPerSecond, refusalBurst: burst } = options.audit;
    const rate = (part: number): RateLimit =>
      new RateLimit(clock, {
        perSecond: refusalsPerSecond / part,
        burst: Math.ceil(burst / part),
        longestWaitMs: LONGEST_WAIT_MS,
      });
    this.perAddress = rate(ADDRESS_PART);
    this.perRelay = rate(1);
  }

  /** Something has happened. */
  record(draft: AuditDraft): void {
    if (!this.keeps) this.sayUnrecorded(draft);
    this.waiting.push({ draft, at: this.clock.now() });
    this.startNaming();
  }

  /** What an environment is called from now on. */
  named(id: string, named: NamedEnvironment): void {
    this.names.learn(id, named);
  }

  /** Before what must not happen without a record. @throws RelayError AUDIT_NOT_KEPT */
  assertKept(): void {
    if (!this.keeps) throw new RelayError('AUDIT_NOT_KEPT');
  }

  /** Everything that was recorded before is in it. */
  async list(query: AuditQuery): ReturnType<AuditLog['list']> {
    while (this.naming) await this.naming;
    return this.entries.list(query);
  }

  /** An upgrade or a request was refused. Others than those for want of a right are not recorded. */
  refused(request: IncomingMessage, at: 'http' | 'upgrade', { code, status }: RelayError): void {
    if (!isForWantOfRight(status)) return;
    const identity = identityOf(request);
    const method = (request.method ?? 'other').slice(0, 16);
    this.refusal({
      kind: 'access_refused',
      actor: identity ? actorOf(identity, request) : { address: addressOf(request) },
      details: { at, code, method, path: this.clean(pathOf(request)) },
    });
  }

  /** A fresh token that was shown on an open socket was refused: whose the socket is, is known. */
  refusedRenewal(environmentId: string | undefined, actor: Actor, { code, status }: RelayError): void {
    if (!isForWantOfRight(status)) return;
    this.refusal({ kind: 'access_refused', actor, environmentId, details: { at: 'renewal', code } });
  }

  mayGoOn(command: Frame): boolean {
    return this.keeps || !isChanging(command.type) || isMakingSafer(command);
  }

  command(environmentId: string, actor: CommandActor, command: Frame): void {
    const { commands } = this.options.audit;
    if (commands === 'none' || (commands === 'changing' && !isChanging(command.type))) return;
    const details = commandDetails(command, this.options.audit, this.options.tokens);
    this.record({ kind: 'command', actor, environmentId, runtime: runtimeOf(command), details });
  }

  refusedCommand(environmentId: string, actor: CommandActor, command: Frame, code: ErrorCode): void {
    const details = { at: 'command', code, type: this.clean(command.type) };
    this.refusal({ kind: 'access_refused', actor, environmentId, runtime: runtimeOf(command), details });
  }

  approval(environmentId: string, actor: CommandActor, approval: AuditedApproval): void {
    const { runtime, requestId, tool, decision, outcome } = approval;
    const details = {
      requestId: this.clean(requestId),
      ...(tool === undefined ? {} : { tool: this.clean(tool) }),
      decision,
      outcome,
    };
    this.record({ kind: 'approval', actor, environmentId, runtime, details });
  }

  async onApplicationShutdown(): Promise<void> {
    while (this.naming) await this.naming;
    await this.entries.close();
  }

  /** Whether what happens is recorded, or need not be. */
  private get keeps(): boolean {
    return !this.options.audit.required || this.entries.isKept;
  }

  /** What happens nevertheless while it cannot be written: the process's own log is all that tells of it if the entry is lost. */
  private sayUnrecorded({ kind, actor, environmentId, details }: AuditDraft): void {
    const what = { kind, type: details?.['type'], decision: details?.['decision'], about: details?.['token'] };
    this.log.error('This is not in the audit log, which cannot be written now.', { ...what, ...actor, environmentId });
  }

  private clean(text: string): string {
    return shown(text, this.options.tokens);
  }

  /** A flood of them must neither fill the disk nor bury the rest; how many are missing is told with the next one. */
  private refusal(draft: AuditDraft): void {
    const passes = this.perAddress.take(draft.actor.address ?? '') === 0 && this.perRelay.take('') === 0;
    if (!passes) return void this.unrecorded++;
    const missing = this.unrecorded === 0 ? {} : { unrecorded: this.unrecorded };
    this.unrecorded = 0;
    this.record({ ...draft, details: { ...draft.details, ...missing } });
  }

  private startNaming(): void {
    this.naming ??= this.name().finally(() => {
      this.naming = undefined;
      // Recorded after the last look.
      if (this.waiting.length > 0) this.startNaming();
    });
  }

  /** Never rejects. */
  private async name(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      for (const one of batch) this.entries.record(await this.entryOf(one));
    }
  }

  private async entryOf({ draft, at }: Waiting): Promise<AuditEntry> {
    const { kind, actor, environmentId, runtime, details = {} } = draft;
    const looksUp = this.waiting.length < MOST_NAMELESS;
    const environment =
      looksUp && environmentId !== undefined ? await this.names.environment(environmentId) : undefined;
    return {
      id: makeEntryId(),
      time: new Date(at).toISOString(),
      kind,
      organizationId: actor.organizationId ?? environment?.organizationId ?? null,
      tokenId: actor.tokenId ?? null,
      tokenName: actor.tokenName ?? null,
      address: actor.address ?? null,
      environmentId: environmentId ?? null,
      environmentName: draft.environmentName ?? environment?.connectionName ?? null,
      runtime: runtime ?? null,
      details,
    };
  }
}

function isForWantOfRight(status: number): boolean {
  return status === 401 || status === 403;
}

/** Ids are the client's: not longer than they need be. */
function runtimeOf(frame: Frame): Runtime | undefined {
  const runtime = readRuntime(frame['runtime']);
  if (!runtime) return undefined;
  const { agent_id: agent, conversation_id: conversation } = runtime;
  return {
    agent_id: agent?.slice(0, MOST_ID_CHARACTERS) ?? null,
    conversation_id: conversation.slice(0, MOST_ID_CHARACTERS),
  };
}

/** Without its query, which may hold a token. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}
