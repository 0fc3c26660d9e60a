import { Logger } from '@nestjs/common';
import { vi } from 'vitest';
import { validateOptions } from '../../src/config/index.js';
import { SYSTEM_CLOCK } from '../../src/protocol/index.js';
import { TokenAccessService } from '../../src/relay/access/token-access.service.js';
import { MemoryTokenStore } from '../../src/relay/access/tokens/memory-token.store.js';
import { RelayOptions, type RelayModuleOptions } from '../../src/relay/relay.options.js';
import { IdentityProvider } from './identity-provider.js';

/** A token that is no JWT. */
export const CONFIGURED = 'a-configured-token';

/** An identity provider, and what a relay that trusts it makes of tokens. */
export class JwtBench {
  readonly store = new MemoryTokenStore();
  /** What was warned of. */
  readonly logged: string[] = [];
  /** The relay's clock is so many ms ahead. */
  later = 0;

  private constructor(readonly provider: IdentityProvider) {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void this.logged.push(String(text)));
  }

  static async start(): Promise<JwtBench> {
    return new JwtBench(await IdentityProvider.start());
  }

  access(jwt: Partial<NonNullable<RelayModuleOptions['jwt']>> = {}, fetched = fetch): TokenAccessService {
    const options = { tokens: [CONFIGURED], jwt: { ...this.provider.options, keysCooldownMs: 0, ...jwt } };
    const clock = { ...SYSTEM_CLOCK, now: () => Date.now() + this.later };
    return new TokenAccessService(validateOptions(RelayOptions, options), this.store, clock, fetched);
  }

  async close(): Promise<void> {
    vi.restoreAllMocks();
    await this.provider.close();
  }
}
