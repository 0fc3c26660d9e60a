import type { FactoryProvider } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { CLOCK, validateOptions } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayOptions } from '../relay.options.js';
import { keepsHistoryOnDisk } from '../routing/local-history.provider.js';
import { LOCAL_HISTORY, OPEN_HISTORY, type OpenHistory } from '../routing/open-history.js';
import type { JetStreamHistories } from './nats/history/jetstream-histories.js';
import { SHARED_PARTS, type SharedParts } from './shared-parts.js';

/** The histories that the nodes of one relay share. */
export interface SharedHistoriesPart {
  readonly histories: JetStreamHistories;
  /** Told of environments that another node has taken over. Set by the engine. */
  fenced: (environmentId: string) => void;
}

/** Injects `SharedHistoriesPart`, or undefined members where each node has histories of its own. */
export const SHARED_HISTORIES = Symbol('SHARED_HISTORIES');

const log = new Logger('History');
/** That NATS does not take events is said this often, in ms: each runtime tries again every second. */
const SAID_EVERY_MS = 60_000;

export const sharedHistoriesProvider: FactoryProvider<Partial<SharedHistoriesPart>> = {
  provide: SHARED_HISTORIES,
  inject: [SHARED_PARTS, LOCAL_HISTORY, RelayOptions, CLOCK],
  useFactory: async (
    { connection, metrics }: Partial<SharedParts>,
    openCache: OpenHistory,
    relay: RelayOptions,
    clock: Clock,
  ) => {
    if (!connection || !metrics) return {};
    const { JetStreamHistoryOptions, openHistories } = await import('./nats/index.js');
    let silentUntil = 0;
    const part: { histories?: JetStreamHistories; fenced: (environmentId: string) => void } = { fenced: () => {} };
    part.histories = await openHistories({
      connection,
      openCache,
      options: validateOptions(JetStreamHistoryOptions, {
        maxAgeMs: relay.history.maxAgeMs,
        partitions: relay.nats.partitions,
        // Memory is for the environments that are served here.
        ...(keepsHistoryOnDisk(relay) ? {} : { maxLeftBytes: 0 }),
      }),
      clock,
      observer: {
        published: (entries, bytes, ms) => metrics.published(entries, bytes, ms),
        reverted: (environmentId, entries) => {
          metrics.reverted(entries);
          log.warn(`NATS has lost ${entries} events that it had kept; they are written again.`, { environmentId });
        },
        failed: (environmentId, { message }) => {
          metrics.failed();
          if (clock.elapsed() < silentUntil) return;
          silentUntil = clock.elapsed() + SAID_EVERY_MS;
          log.warn(`Events wait, here and perhaps elsewhere, and are tried again: ${message}`, { environmentId });
        },
        fenced: (environmentId) => part.fenced(environmentId),
      },
    });
    return part;
  },
};

/** Where an environment's history is: with all nodes, or with this one. */
export const openHistoryProvider: FactoryProvider<OpenHistory> = {
  provide: OPEN_HISTORY,
  inject: [LOCAL_HISTORY, SHARED_HISTORIES],
  useFactory: (local: OpenHistory, { histories }: Partial<SharedHistoriesPart>) =>
    histories ? (environmentId) => histories.open(environmentId) : local,
};
