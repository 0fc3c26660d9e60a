export { Checkpointer } from './checkpointer.js';
export { type Database, DatabaseError, openDatabase } from './database.js';
export type { EpochSpan, Journal, JournalBounds, JournalEntry, NewEntry, NewGap } from './journal.js';
export { MemoryJournal, type MemoryJournalOptions } from './memory-journal.js';
export { missingBetween, type Numbers } from './missing-between.js';
