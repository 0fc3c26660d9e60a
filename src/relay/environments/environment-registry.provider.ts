import type { FactoryProvider } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayOptions } from '../relay.options.js';
import { EnvironmentRegistry } from './environment.registry.js';
import { LibsqlEnvironmentRegistry } from './libsql-environment.registry.js';
import { MemoryEnvironmentRegistry } from './memory-environment.registry.js';

/** On disk where the relay has a folder for it, else in memory. */
export const environmentRegistryProvider: FactoryProvider<EnvironmentRegistry> = {
  provide: EnvironmentRegistry,
  inject: [RelayOptions, CLOCK],
  useFactory: ({ dataDir }: RelayOptions, clock: Clock) =>
    dataDir === undefined ? new MemoryEnvironmentRegistry(clock) : LibsqlEnvironmentRegistry.open(dataDir, clock),
};
