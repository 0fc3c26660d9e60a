import type { FactoryProvider } from '@nestjs/common';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { CLOCK } from '../config/index.js';
import { type Journal, JournalStore, MemoryJournal } from '../journal/index.js';
import { JournalMetrics, Metrics } from '../observability/index.js';
import type { Clock } from '../protocol/index.js';
import { EmitterOptions } from './emitter.options.js';

/** Injects the device's `Journal`. @publicApi */
export const JOURNAL = Symbol('JOURNAL');

const FILE_NAME = 'journal.db';
/** Only its owner reads and writes. */
const PRIVATE_DIRECTORY = 0o700;

/** On disk where there is a directory for it, else in memory. `ProtocolEmitterService` closes it at shutdown, after the link. */
export const journalProvider: FactoryProvider<Journal> = {
  provide: JOURNAL,
  inject: [EmitterOptions, CLOCK, Metrics],
  useFactory: ({ journalMaxBytes, journal }: EmitterOptions, clock: Clock, metrics: Metrics) => {
    const { store, directory, maxBytes, maxAgeMs } = journal;
    if (store === 'memory' || directory === undefined) return new MemoryJournal({ maxBytes: journalMaxBytes });
    mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    return JournalStore.openOne(path.join(directory, FILE_NAME), {
      maxBytesPerScope: maxBytes,
      maxAgeMs,
      maxUnwrittenBytes: journalMaxBytes,
      clock,
      observer: new JournalMetrics(metrics, 'twinlane_listener_journal', 'The journal'),
    });
  },
};
