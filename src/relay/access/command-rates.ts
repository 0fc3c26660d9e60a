import type { Clock } from '../../protocol/index.js';
import type { LimitName } from './limit-name.js';
import type { LimitsOptions } from './limits.options.js';
import { RateLimit } from './rate-limit.js';

/** Who sends a command. */
export interface CommandSender {
  readonly tokenId: string;
  /** As limits count it; undefined where it is not known. */
  readonly address?: string | undefined;
}

/** A command that is over a rate. */
export interface Overrun {
  readonly limit: LimitName;
  /** When to send it again. */
  readonly waitMs: number;
  /** What the limit is. */
  readonly text: string;
}

/** Holds all clients of a token, and all of an address, to a rate: a client that takes another name has no more than its token has. */
export class CommandRates {
  private readonly tokens: RateLimit;
  private readonly addresses: RateLimit;

  constructor(
    clock: Clock,
    private readonly limits: LimitsOptions,
  ) {
    const longestWaitMs = longestCommandWaitMs(limits);
    this.tokens = new RateLimit(clock, {
      perSecond: limits.tokenCommandsPerSecond,
      burst: limits.tokenCommandBurst,
      longestWaitMs,
    });
    this.addresses = new RateLimit(clock, {
      perSecond: limits.addressCommandsPerSecond,
      burst: limits.addressCommandBurst,
      longestWaitMs,
    });
  }

  /** Takes one command; undefined: it passes. */
  take({ tokenId, address }: CommandSender): Overrun | undefined {
    return this.ofToken(tokenId) ?? this.ofAddress(address);
  }

  private ofToken(tokenId: string): Overrun | undefined {
    const waitMs = this.tokens.take(tokenId);
    const text = `At most ${this.limits.tokenCommandsPerSecond} commands a second with one token.`;
    return waitMs > 0 ? { limit: 'token-commands', waitMs, text } : undefined;
  }

  private ofAddress(address: string | undefined): Overrun | undefined {
    const waitMs = address === undefined ? 0 : this.addresses.take(address);
    const text = `At most ${this.limits.addressCommandsPerSecond} commands a second from one address.`;
    return waitMs > 0 ? { limit: 'address-commands', waitMs, text } : undefined;
  }
}

/** Whoever goes on sending is told to wait longer and longer, up to where its socket is closed. */
export function longestCommandWaitMs({ longestWaitMs, floodMs }: LimitsOptions): number {
  return Math.max(longestWaitMs, 2 * floodMs);
}
