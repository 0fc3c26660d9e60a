import type { FactoryProvider, OnApplicationShutdown } from '@nestjs/common';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { CLOCK } from '../../config/index.js';
import { JournalStore } from '../../journal/index.js';
import { JournalMetrics, Metrics } from '../../observability/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayOptions } from '../relay.options.js';
import { memoryHistories, OPEN_HISTORY, type OpenHistory } from './open-history.js';
import { RoutingOptions } from './routing.options.js';

const FILE_NAME = 'history.db';
/** Only its owner reads and writes. */
const PRIVATE_DIRECTORY = 0o700;

const TELLING = {
  what: 'The history file',
  unwritten: 'were not written; devices bring them again, as far as they keep them',
};

/** On disk where the relay has a folder for it, else in memory. All environments share one file, and its commits. */
export const openHistoryProvider: FactoryProvider<OpenHistory & Partial<OnApplicationShutdown>> = {
  provide: OPEN_HISTORY,
  inject: [RelayOptions, RoutingOptions, CLOCK, Metrics],
  useFactory: ({ dataDir, history }: RelayOptions, routing: RoutingOptions, clock: Clock, metrics: Metrics) => {
    if (dataDir === undefined || history.store === 'memory') return memoryHistories(routing);
    mkdirSync(dataDir, { recursive: true, mode: PRIVATE_DIRECTORY });
    const store = new JournalStore(path.join(dataDir, FILE_NAME), {
      maxEntriesPerRuntime: history.maxEventsPerRuntime,
      maxBytesPerRuntime: history.maxBytesPerRuntime,
      maxBytesPerScope: history.maxBytes,
      maxAgeMs: history.maxAgeMs,
      clock,
      observer: new JournalMetrics(metrics, 'twinlane_relay_history', TELLING, clock),
    });
    const open: OpenHistory = (environmentId) => store.open(environmentId);
    // Every socket is closed by then.
    return Object.assign(open, { onApplicationShutdown: () => store.close() });
  },
};
