import type { FactoryProvider } from '@nestjs/common';
import { CLOCK } from '../../../config/index.js';
import type { Clock } from '../../../protocol/index.js';
import { RelayOptions } from '../../relay.options.js';
import { LibsqlTokenStore } from './libsql-token.store.js';
import { MemoryTokenStore } from './memory-token.store.js';
import { TokenStore } from './token-store.js';

/** On disk where the relay has a folder for it, else in memory; with the organisation that the relay's own tokens belong to. */
export const tokenStoreProvider: FactoryProvider<TokenStore> = {
  provide: TokenStore,
  inject: [RelayOptions, CLOCK],
  useFactory: async ({ dataDir, organizationId }: RelayOptions, clock: Clock) => {
    const store = dataDir === undefined ? new MemoryTokenStore() : LibsqlTokenStore.open(dataDir);
    if (!(await store.organization(organizationId)))
      await store.addOrganization({ id: organizationId, name: organizationId, createdAt: clock.now() });
    return store;
  },
};
