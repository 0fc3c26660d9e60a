import { MemoryJournal, type Journal } from '../../journal/index.js';
import type { RoutingOptions } from './routing.options.js';

/** Opens the journal that holds an environment's histories. */
export type OpenHistory = (environmentId: string) => Journal;

/** Injects an `OpenHistory`; without a provider histories live in memory and end with the process. */
export const OPEN_HISTORY = Symbol('OPEN_HISTORY');

/** Injects the `OpenHistory` of this process alone. */
export const LOCAL_HISTORY = Symbol('LOCAL_HISTORY');

/** Histories in memory. */
export function memoryHistories(options: RoutingOptions): OpenHistory {
  const { maxEventsPerRuntime, maxBytesPerRuntime, maxHistoryBytes, maxEpochsPerRuntime } = options;
  return () =>
    new MemoryJournal({
      maxEntriesPerRuntime: maxEventsPerRuntime,
      maxBytesPerRuntime,
      maxEpochsPerRuntime,
      maxBytes: maxHistoryBytes,
    });
}
