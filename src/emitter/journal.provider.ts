import type { FactoryProvider } from '@nestjs/common';
import { type Journal, MemoryJournal } from '../journal/index.js';
import { EmitterOptions } from './emitter.options.js';

/** Injects the device's `Journal`. @publicApi */
export const JOURNAL = Symbol('JOURNAL');

export const journalProvider: FactoryProvider<Journal> = {
  provide: JOURNAL,
  inject: [EmitterOptions],
  useFactory: ({ journalMaxBytes }: EmitterOptions) => new MemoryJournal({ maxBytes: journalMaxBytes }),
};
