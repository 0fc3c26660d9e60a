import { SYSTEM_CLOCK, type Clock } from '../../protocol/index.js';
import type { CliIo } from '../cli-io.js';
import { usageError } from '../cli.error.js';
import { commandToken } from './command-token.js';
import { fileToken } from './file-token.js';
import { expiryOf } from './jwt-expiry.js';

/** One that does not say when it expires is asked for again after this time, in ms: whoever rotates it need not wait long. */
const OPAQUE_MS = 30_000;
/** One that does is used for this part of its life: a link that renews has a fresh one when a fifth of it is left, or a minute. */
const USED_PART = 0.7;
/** But never for the last of it, in ms. */
const LEAST_LEFT_MS = 90_000;

/** Gives tokens that are accepted now, and for a while. */
export interface CliTokenSource {
  /** For clients, which ask for every request: the same one for as long as it is good. @throws CliError */
  token(): Promise<string>;
  /** A new one, where there are new ones: for whoever was refused with the last one. @throws CliError */
  freshToken(): Promise<string>;
}

export interface TokenSettings {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly tokenCommand?: string;
}

/**
 * @returns undefined where no token is set
 * @throws CliError when more than one is
 */
export function tokenSourceOf(
  { token, tokenFile, tokenCommand }: TokenSettings,
  io: Pick<CliIo, 'env' | 'cwd' | 'stderr' | 'clock'>,
): CliTokenSource | undefined {
  if ([token, tokenFile, tokenCommand].filter((given) => given !== undefined).length > 1)
    throw usageError(
      'One of TWINLANE_TOKEN (--token), TWINLANE_TOKEN_FILE (--token-file) and TWINLANE_TOKEN_COMMAND (--token-command) says what the token is: leave out the others.',
    );
  const { clock = SYSTEM_CLOCK } = io;
  if (tokenFile !== undefined) {
    const read = (): Promise<string> => fileToken(tokenFile);
    return { token: read, freshToken: read };
  }
  if (tokenCommand !== undefined) return new KeptTokens(clock, () => commandToken(tokenCommand, { ...io, clock }));
  return token === undefined ? undefined : fixedToken(token);
}

export function fixedToken(token: string): CliTokenSource {
  const give = async (): Promise<string> => token;
  return { token: give, freshToken: give };
}

/** Keeps what is costly to get for as long as it is good. */
export class KeptTokens implements CliTokenSource {
  private kept: { readonly token: string; readonly until: number } | undefined;
  private getting: Promise<string> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly get: () => Promise<string>,
  ) {}

  async token(): Promise<string> {
    return this.kept && this.clock.now() < this.kept.until ? this.kept.token : this.freshToken();
  }

  /** Whoever asks meanwhile is given the same. */
  freshToken(): Promise<string> {
    return (this.getting ??= this.renew().finally(() => (this.getting = undefined)));
  }

  private async renew(): Promise<string> {
    const token = await this.get();
    const now = this.clock.now();
    const expiresAt = expiryOf(token);
    const lifeMs = expiresAt === undefined ? undefined : expiresAt - now;
    const goodMs = lifeMs === undefined ? OPAQUE_MS : Math.min(lifeMs * USED_PART, lifeMs - LEAST_LEFT_MS);
    this.kept = { token, until: now + goodMs };
    return token;
  }
}
