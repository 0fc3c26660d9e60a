import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayMetrics } from '../metrics/relay.metrics.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import { addressOf } from './client-address.js';
import { CommandRates } from './command-rates.js';
import type { Identity } from './identity.js';
import type { LimitName } from './limit-name.js';
import { Places } from './places.js';
import { RateLimit } from './rate-limit.js';

export type Peer = 'listener' | 'client';

/** One limit of tokens, and one of addresses. */
interface OfBoth<T> {
  readonly token: T;
  readonly address: T;
}

/** When to try again where nobody knows when a place will be free. */
const PLACE_RETRY_MS = 5_000;

/** Holds what is let in to the limits of its token and its address, before it costs anything (reliability C36). */
@Injectable()
export class AccessLimits {
  private readonly sockets: Readonly<Record<Peer, OfBoth<Places>>>;
  private readonly upgrades: OfBoth<RateLimit>;
  private readonly registrations: OfBoth<RateLimit>;
  private readonly requests: RateLimit;
  private readonly auditPages: RateLimit;
  private readonly restCommands: RateLimit;

  constructor(
    { limits }: RelayOptions,
    @Inject(CLOCK) clock: Clock,
    private readonly metrics: RelayMetrics,
    private readonly commands: CommandRates,
  ) {
    const { longestWaitMs } = limits;
    const rate = (perSecond: number, burst: number): RateLimit =>
      new RateLimit(clock, { perSecond, burst, longestWaitMs });
    // Apart from each other, so that a console that leaks its sockets does not lock listeners out.
    this.sockets = {
      listener: {
        token: new Places(limits.listenerSocketsPerToken),
        address: new Places(limits.listenerSocketsPerAddress),
      },
      client: { token: new Places(limits.clientSocketsPerToken), address: new Places(limits.clientSocketsPerAddress) },
    };
    this.upgrades = {
      token: rate(limits.upgradesPerSecond, limits.upgradeBurst),
      address: rate(limits.addressUpgradesPerSecond, limits.addressUpgradeBurst),
    };
    this.registrations = {
      token: rate(limits.registrationsPerSecond, limits.registrationBurst),
      address: rate(limits.addressRegistrationsPerSecond, limits.addressRegistrationBurst),
    };
    this.requests = rate(limits.addressRequestsPerSecond, limits.addressRequestBurst);
    this.auditPages = rate(limits.auditPagesPerSecond, limits.auditPageBurst);
    this.restCommands = rate(limits.commandsPerSecond, limits.commandBurst);
  }

  /**
   * Somebody wants a socket; nobody knows yet who.
   *
   * @throws RelayError TOO_MANY
   */
  upgradeFrom(request: IncomingMessage): void {
    const waitMs = this.upgrades.address.take(addressOf(request));
    if (waitMs > 0) throw this.tooMany('address-upgrades', 'This address opens sockets too often.', waitMs);
  }

  /**
   * A socket is about to be let in; it counts until its connection closes, however that comes about.
   *
   * @throws RelayError TOO_MANY
   */
  socket(peer: Peer, { tokenId }: Identity, request: IncomingMessage): void {
    const waitMs = this.upgrades.token.take(tokenId);
    if (waitMs > 0) throw this.tooMany('upgrades', 'This token opens sockets too often.', waitMs);
    const { socket: connection } = request;
    if (connection.destroyed) return;
    const { token, address } = this.sockets[peer];
    const from = addressOf(request);
    if (!token.take(tokenId)) throw this.noPlace(`${peer}-sockets`, 'token', peer);
    if (!address.take(from)) {
      token.release(tokenId);
      throw this.noPlace(`address-${peer}-sockets`, 'address', peer);
    }
    // It closes once anyhow; `once` would keep two objects more for each socket.
    connection.on('close', () => {
      token.release(tokenId);
      address.release(from);
    });
  }

  /**
   * Somebody wants to register; nobody knows yet who.
   *
   * @throws RelayError TOO_MANY
   */
  registrationFrom(request: IncomingMessage): void {
    const waitMs = this.registrations.address.take(addressOf(request));
    if (waitMs > 0) throw this.tooMany('address-registrations', 'This address registers too often.', waitMs);
  }

  /** @throws RelayError TOO_MANY */
  registration({ tokenId }: Identity): void {
    const waitMs = this.registrations.token.take(tokenId);
    if (waitMs > 0) throw this.tooMany('registrations', 'This token registers too often.', waitMs);
  }

  /**
   * Somebody asks for something over REST other than to register; nobody knows yet who.
   *
   * @throws RelayError TOO_MANY
   */
  requestFrom(request: IncomingMessage): void {
    const waitMs = this.requests.take(addressOf(request));
    if (waitMs > 0) throw this.tooMany('address-requests', 'This address asks too often.', waitMs);
  }

  /**
   * A page of the audit log, which is read from its files.
   *
   * @throws RelayError TOO_MANY
   */
  auditPage({ tokenId }: Identity): void {
    const waitMs = this.auditPages.take(tokenId);
    if (waitMs > 0) throw this.tooMany('audit-pages', 'This token reads the audit log too fast.', waitMs);
  }

  /**
   * A command that comes over REST.
   *
   * @throws RelayError TOO_MANY
   */
  command({ tokenId }: Identity, request: IncomingMessage): void {
    const waitMs = this.restCommands.take(tokenId);
    if (waitMs > 0) throw this.tooMany('rest-commands', 'This token sends too many commands.', waitMs);
    const over = this.commands.take({ tokenId, address: addressOf(request) });
    if (over) throw this.tooMany(over.limit, over.text, over.waitMs);
  }

  private noPlace(limit: LimitName, whose: string, peer: Peer): RelayError {
    const what = `This ${whose} has as many sockets of ${peer}s open as it may`;
    return this.tooMany(limit, `${what}; close some, or raise the limit of the relay.`, PLACE_RETRY_MS);
  }

  private tooMany(limit: LimitName, message: string, retryAfterMs: number): RelayError {
    this.metrics.limited(limit);
    return new RelayError('TOO_MANY', message, { retryAfterMs });
  }
}
