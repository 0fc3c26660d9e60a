import type { FactoryProvider } from '@nestjs/common';
import { CLOCK } from '../../../config/index.js';
import type { Clock } from '../../../protocol/index.js';
import { SHARED_PARTS, type SharedParts } from '../../engine/shared-parts.js';
import { RelayOptions } from '../../relay.options.js';
import { LibsqlTokenStore } from './libsql-token.store.js';
import { MemoryTokenStore } from './memory-token.store.js';
import { TokenStore, type OrganizationRecord } from './token-store.js';

/** In NATS where many nodes share it; on disk where the relay has a folder for it, else in memory; with the organisation that the relay's own tokens belong to. */
export const tokenStoreProvider: FactoryProvider<TokenStore> = {
  provide: TokenStore,
  inject: [RelayOptions, CLOCK, SHARED_PARTS],
  useFactory: async ({ dataDir, organizationId }: RelayOptions, clock: Clock, { tokens }: Partial<SharedParts>) => {
    const store = tokens ?? (dataDir === undefined ? new MemoryTokenStore() : LibsqlTokenStore.open(dataDir));
    await ensureOrganization(store, { id: organizationId, name: organizationId, createdAt: clock.now() });
    return store;
  },
};

/**
 * Other nodes that start at the same time do the same.
 *
 * @throws RelayError as `addOrganization`, ORGANIZATION_EXISTS only for one that was taken away
 */
export async function ensureOrganization(store: TokenStore, organization: OrganizationRecord): Promise<void> {
  if (await store.organization(organization.id)) return;
  try {
    await store.addOrganization(organization);
  } catch (error) {
    if (!(await store.organization(organization.id))) throw error;
  }
}
