import { Inject, Injectable } from '@nestjs/common';
import type { Duplex } from 'node:stream';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayMetrics } from '../metrics/relay.metrics.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import type { Identity } from './identity.js';
import type { LimitName } from './limit-name.js';
import { Places } from './places.js';
import { RateLimit } from './rate-limit.js';

export type Peer = 'listener' | 'client';

/** When to try again where nobody knows when a place will be free. */
const PLACE_RETRY_MS = 5_000;

/** Holds what is let in to the limits of its token, before it costs anything (reliability C36). */
@Injectable()
export class AccessLimits {
  private readonly sockets: Readonly<Record<Peer, Places>>;
  private readonly registrations: RateLimit;
  private readonly commands: RateLimit;

  constructor(
    { limits }: RelayOptions,
    @Inject(CLOCK) clock: Clock,
    private readonly metrics: RelayMetrics,
  ) {
    const { registrationsPerSecond, registrationBurst, commandsPerSecond, commandBurst } = limits;
    // Apart from each other, so that a console that leaks its sockets does not lock listeners out.
    this.sockets = {
      listener: new Places(limits.listenerSocketsPerToken),
      client: new Places(limits.clientSocketsPerToken),
    };
    this.registrations = new RateLimit(clock, { perSecond: registrationsPerSecond, burst: registrationBurst });
    this.commands = new RateLimit(clock, { perSecond: commandsPerSecond, burst: commandBurst });
  }

  /**
   * A socket is about to be let in; it counts until its connection closes, however that comes about.
   *
   * @throws RelayError TOO_MANY
   */
  socket(peer: Peer, { tokenId }: Identity, connection: Duplex): void {
    if (connection.destroyed) return;
    const places = this.sockets[peer];
    if (!places.take(tokenId)) {
      const what = `This token has as many sockets of ${peer}s open as it may`;
      throw this.tooMany(`${peer}-sockets`, `${what}; close some, or raise the limit of the relay.`, PLACE_RETRY_MS);
    }
    // It closes once anyhow; `once` would keep two objects more for each socket.
    connection.on('close', () => places.release(tokenId));
  }

  /** @throws RelayError TOO_MANY */
  registration({ tokenId }: Identity): void {
    const waitMs = this.registrations.take(tokenId);
    if (waitMs > 0) throw this.tooMany('registrations', 'This token registers too often.', waitMs);
  }

  /**
   * A command that comes over REST.
   *
   * @throws RelayError TOO_MANY
   */
  command({ tokenId }: Identity): void {
    const waitMs = this.commands.take(tokenId);
    if (waitMs > 0) throw this.tooMany('rest-commands', 'This token sends too many commands.', waitMs);
  }

  private tooMany(limit: LimitName, message: string, retryAfterMs: number): RelayError {
    this.metrics.limited(limit);
    return new RelayError('TOO_MANY', message, { retryAfterMs });
  }
}
