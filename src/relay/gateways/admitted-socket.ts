import type { ChannelSocket } from '../../channel/index.js';
import type { Clock } from '../../protocol/index.js';
import type { Identity } from '../access/identity.js';
import type { AccessEnd, HeldSocket, Hold, LiveSockets } from '../access/live-sockets.js';
import { isTokenRenew, type SocketRenewal } from '../access/socket-renewal.js';
import type { TokenRenewals } from '../access/token-renewals.js';
import type { Actor } from '../audit/audit-entry.js';
import { actorAt, type Audit } from '../audit/audit.js';
import { accessClosing } from './access-closing.js';
import { GuardedSocket } from './guarded-socket.js';

/** What such sockets work with; one object for all of them. */
export interface AdmittedSocketParts {
  readonly live: LiveSockets;
  readonly renewals: TokenRenewals;
  readonly audit: Audit;
  readonly clock: Clock;
  failed(error: unknown, environmentId: string | undefined): void;
}

/** Whose a socket is, and what it is for. */
export interface Admitted {
  readonly identity: Identity;
  /** Where its upgrade came from, as limits count it. */
  readonly address: string | undefined;
  /** Undefined where the environment is not known. */
  readonly environmentId: string | undefined;
  /** What it shares with other sockets of its peer, and with nobody else's; undefined: there are none. */
  readonly connection: string | undefined;
  /** Whether its peer knows close codes of ours. */
  readonly knowsOurs: boolean;
}

/** A socket that was let in, for as long as its token lets it: until then its peer may show a fresh one. */
export class AdmittedSocket extends GuardedSocket implements HeldSocket {
  readonly environmentId: string | undefined;
  readonly actor: Actor;
  private readonly hold: Hold;
  private readonly knowsOurs: boolean;
  /** Made for the first token that is shown on it. */
  private renewal: SocketRenewal | undefined;

  /** Cut at once where its token lets it in no longer. */
  constructor(
    bare: ChannelSocket,
    private readonly parts: AdmittedSocketParts,
    { identity, address, environmentId, connection, knowsOurs }: Admitted,
  ) {
    super(bare);
    this.actor = actorAt(identity, address);
    this.environmentId = environmentId;
    this.knowsOurs = knowsOurs;
    this.hold = parts.live.hold(identity, this, connection);
  }

  /** Whose it is now. */
  get identity(): Identity {
    return this.hold.identity;
  }

  /** Tells its peer how long its token lives; nothing where it does not end. */
  announceExpiry(): void {
    this.parts.renewals.announce(this.hold, this);
  }

  refuse(end: AccessEnd): void {
    const { actor, environmentId, parts } = this;
    const { code, reason } = accessClosing(end, this.knowsOurs);
    // First: nothing that fails may leave it open.
    void this.cut(code.code, reason, parts.clock);
    parts.audit.record({ kind: 'access_ended', actor, environmentId, details: { end } });
  }

  protected override failed(error: unknown): void {
    this.parts.failed(error, this.environmentId);
  }

  protected override left(): void {
    this.hold.release();
  }

  protected override takes(text: string): boolean {
    if (!isTokenRenew(text)) return false;
    const { actor, environmentId, parts } = this;
    this.renewal ??= parts.renewals.of(this.hold, this, (refusal) =>
      parts.audit.refusedRenewal(environmentId, actor, refusal),
    );
    return this.renewal.takes(text);
  }
}
