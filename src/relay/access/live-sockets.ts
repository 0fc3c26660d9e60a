import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock, Timer } from '../../protocol/index.js';
import type { Identity } from './identity.js';
import { hasExpired, hasSameRights } from './rights.js';

/** Why a socket's token lets it in no longer. */
export type AccessEnd = 'revoked' | 'expired' | 'outside';

/** A socket that was let in, as far as its token goes. */
export interface HeldSocket {
  /** Ends it at once: nothing that comes on it counts any more, nothing leaves but its close. */
  refuse(end: AccessEnd): void;
}

/** What `LiveSockets.hold` gives for a socket. */
export interface Hold {
  /** Whose it is now. */
  readonly identity: Identity;
  /**
   * The same holder has shown that it may stay longer, or what else has changed. Its `tokenId` stays. Sockets of one connection are
   * renewed together, as far as they were opened with the same rights.
   */
  renew(identity: Identity): void;
  /** The socket has closed. */
  release(): void;
}

/** Sockets are looked at this often, in ms: how late one that has expired may be closed. */
const LOOK_MS = 1_000;
/** Tokens remembered as revoked: a socket that was being let in meanwhile is still to come. */
const REVOKED_KEPT = 10_000;

/** What a socket's hold asks of whoever keeps it; one object for all of them. */
interface Keeper {
  renew(held: Held, identity: Identity): void;
  release(held: Held): void;
}

/** There is one for each socket, for as long as it is open. */
class Held implements Hold {
  constructor(
    public identity: Identity,
    readonly socket: HeldSocket,
    /** Which other sockets of the token are renewed with it; undefined: none. */
    readonly connection: string | undefined,
    private readonly keeper: Keeper,
  ) {}

  renew(identity: Identity): void {
    this.keeper.renew(this, identity);
  }

  release(): void {
    this.keeper.release(this);
  }
}

/**
 * The sockets that are open, by token: what a token lets in ends with it (reliability C30).
 *
 * @publicApi
 */
@Injectable()
export class LiveSockets implements OnApplicationShutdown {
  private readonly log = new Logger(LiveSockets.name);
  private readonly byToken = new Map<string, Set<Held>>();
  /** Those that end by themselves. */
  private readonly expiring = new Set<Held>();
  private readonly revokedIds = new Set<string>();
  /** Organisations that were deleted: their ids are not given again. */
  private readonly deleted = new Set<string>();
  private timer: Timer | undefined;
  private readonly keeper: Keeper = {
    renew: (held, identity) => this.renew(held, identity),
    release: (held) => this.release(held),
  };

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * A socket was let in. One whose token's time is over already is refused at once.
   *
   * @param connection what it shares with other sockets of its peer, and with nobody else's
   */
  hold(identity: Identity, socket: HeldSocket, connection?: string): Hold {
    const held = new Held(identity, socket, connection, this.keeper);
    const ofToken = this.byToken.get(identity.tokenId) ?? new Set();
    this.byToken.set(identity.tokenId, ofToken.add(held));
    if (this.revokedIds.has(identity.tokenId) || this.isDeleted(identity.organizationId))
      this.refuse([held], 'revoked');
    else this.watch(held);
    return held;
  }

  /** A token was revoked: whatever it has open is closed. @returns how many sockets that were */
  revoked(tokenId: string): number {
    this.revokedIds.add(tokenId);
    for (const oldest of this.revokedIds) if (this.revokedIds.size > REVOKED_KEPT) this.revokedIds.delete(oldest);
    return this.refuse([...(this.byToken.get(tokenId) ?? [])], 'revoked');
  }

  /**
   * An organisation was deleted: whatever anybody of it has open is closed, also with tokens that nobody can revoke.
   *
   * @returns how many sockets that were
   */
  organizationDeleted(id: string): number {
    this.deleted.add(id);
    const all = [...this.byToken.values()].flatMap((ofToken) => [...ofToken]);
    return this.refuse(
      all.filter(({ identity }) => identity.organizationId === id),
      'revoked',
    );
  }

  /** Whether an organisation was deleted in this process: who was looked at before that is still to be refused. */
  isDeleted(organizationId: string): boolean {
    return this.deleted.has(organizationId);
  }

  /** How many sockets are open. */
  get count(): number {
    let count = 0;
    for (const ofToken of this.byToken.values()) count += ofToken.size;
    return count;
  }

  onApplicationShutdown(): void {
    this.timer?.cancel();
  }

  private renew(held: Held, renewed: Identity): void {
    const { tokenId } = held.identity;
    for (const other of this.together(held)) {
      other.identity = { ...renewed, tokenId };
      this.watch(other);
    }
  }

  /** One that was let go, or was refused, is none of them. */
  private together(held: Held): Held[] {
    const { connection, identity } = held;
    const open = [...(this.byToken.get(identity.tokenId) ?? [])];
    return open.filter(
      (other) =>
        other === held ||
        (connection !== undefined && other.connection === connection && hasSameRights(other.identity, identity)),
    );
  }

  private watch(held: Held): void {
    if (held.identity.expiresAt === undefined) this.expiring.delete(held);
    else this.expiring.add(held);
    if (this.expiring.size > 0) this.timer ??= this.clock.after(0, () => this.look());
  }

  /** By the wall clock each time: a machine that slept, or whose clock was set, must not keep anybody. */
  private look(): void {
    this.timer = undefined;
    const now = this.clock.now();
    this.refuse(
      [...this.expiring].filter(({ identity }) => hasExpired(identity, now)),
      'expired',
    );
    if (this.expiring.size > 0) this.timer = this.clock.after(LOOK_MS, () => this.look());
  }

  private refuse(refused: readonly Held[], end: AccessEnd): number {
    for (const held of refused) {
      this.release(held);
      try {
        held.socket.refuse(end);
      } catch (error) {
        this.log.error(error);
      }
    }
    return refused.length;
  }

  private release(held: Held): void {
    const { tokenId } = held.identity;
    const ofToken = this.byToken.get(tokenId);
    ofToken?.delete(held);
    if (ofToken?.size === 0) this.byToken.delete(tokenId);
    this.expiring.delete(held);
  }
}
