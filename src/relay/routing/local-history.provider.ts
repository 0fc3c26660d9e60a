import { type FactoryProvider, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { CLOCK } from '../../config/index.js';
import { JournalStore } from '../../journal/index.js';
import { JournalMetrics, Metrics } from '../../observability/index.js';
import type { Clock } from '../../protocol/index.js';
import { EMBEDDED } from '../engine/embedded.js';
import { EnvironmentRegistry } from '../environments/environment.registry.js';
import { RelayOptions } from '../relay.options.js';
import { LOCAL_HISTORY, memoryHistories, type OpenHistory } from './open-history.js';
import { RoutingOptions } from './routing.options.js';

const FILE_NAME = 'history.db';
/** Of a node that shares its histories with others: what it has had may have gone on elsewhere. */
const CACHE_NAME = 'history-cache.db';
/** What the database has beside its file. */
const FILE_PARTS = ['', '-wal', '-shm'];
/** Only its owner reads and writes. */
const PRIVATE_DIRECTORY = 0o700;

const log = new Logger('History');

const TELLING = {
  what: 'The history file',
  unwritten: 'were not written; devices bring them again, as far as they keep them',
};

/** Whether a relay has its histories on disk. */
export function keepsHistoryOnDisk({ dataDir, history }: Pick<RelayOptions, 'dataDir' | 'history'>): boolean {
  return dataDir !== undefined && history.store === 'disk';
}

/**
 * On disk where the relay has a folder for it, else in memory. All environments share one file, and its commits. Where nodes share
 * histories it is a cache, empty at the start.
 */
export const localHistoryProvider: FactoryProvider<OpenHistory & Partial<OnApplicationShutdown>> = {
  provide: LOCAL_HISTORY,
  inject: [RelayOptions, RoutingOptions, CLOCK, Metrics, EnvironmentRegistry],
  useFactory: async (
    { dataDir, history, engine }: RelayOptions,
    routing: RoutingOptions,
    clock: Clock,
    metrics: Metrics,
    registry: EnvironmentRegistry,
  ) => {
    if (dataDir === undefined || !keepsHistoryOnDisk({ dataDir, history })) return memoryHistories(routing);
    mkdirSync(dataDir, { recursive: true, mode: PRIVATE_DIRECTORY });
    const isCache = engine !== EMBEDDED;
    const file = path.join(dataDir, isCache ? CACHE_NAME : FILE_NAME);
    // A node that was killed has let go of nothing, and may never be the home of those again.
    if (isCache) for (const part of FILE_PARTS) rmSync(`${file}${part}`, { force: true });
    const store = new JournalStore(file, {
      maxEntriesPerRuntime: history.maxEventsPerRuntime,
      maxBytesPerRuntime: history.maxBytesPerRuntime,
      maxEpochsPerRuntime: routing.maxEpochsPerRuntime,
      maxBytesPerScope: history.maxBytes,
      maxBytesPerGroup: history.maxOrganizationBytes,
      maxAgeMs: history.maxAgeMs,
      clock,
      observer: new JournalMetrics(metrics, 'twinlane_relay_history', TELLING, clock),
    });
    const share = async (environmentId: string): Promise<void> => {
      const organizationId = await registry.organizationOf(environmentId);
      if (organizationId !== undefined) store.assign(environmentId, organizationId);
    };
    for (const environmentId of store.scopeNames) await share(environmentId);
    const open: OpenHistory = (environmentId) => {
      share(environmentId).catch((error: unknown) => log.error(error, { environmentId }));
      return store.open(environmentId);
    };
    // Every socket is closed by then.
    return Object.assign(open, { onApplicationShutdown: () => store.close() });
  },
};
