export { Checkpointer } from './checkpointer.js';
export { type Database, DatabaseError, openDatabase } from './database.js';
export type { EpochSpan, Journal, JournalBounds, JournalEntry, NewEntry, NewGap } from './journal.js';
export { type JournalDrop, type JournalObserver } from './journal-observer.js';
export { JournalStore } from './journal-store.js';
export type { JournalStoreOptions } from './journal-store.options.js';
export { DirectoryLockedError, type DirectoryLock, lockDirectory } from './lock-directory.js';
export { MemoryJournal, type MemoryJournalOptions } from './memory-journal.js';
export { missingBetween, type Numbers } from './missing-between.js';
