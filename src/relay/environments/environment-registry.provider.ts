import type { FactoryProvider } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { SHARED_PARTS, type SharedParts } from '../engine/shared-parts.js';
import { RelayOptions } from '../relay.options.js';
import { EnvironmentRegistry } from './environment.registry.js';
import { LibsqlEnvironmentRegistry } from './libsql-environment.registry.js';
import { MemoryEnvironmentRegistry } from './memory-environment.registry.js';

/** In NATS where many nodes share it; on disk where the relay has a folder for it, else in memory. */
export const environmentRegistryProvider: FactoryProvider<EnvironmentRegistry> = {
  provide: EnvironmentRegistry,
  inject: [RelayOptions, CLOCK, SHARED_PARTS],
  useFactory: ({ dataDir }: RelayOptions, clock: Clock, { registry }: Partial<SharedParts>) =>
    registry ??
    (dataDir === undefined ? new MemoryEnvironmentRegistry(clock) : LibsqlEnvironmentRegistry.open(dataDir, clock)),
};
