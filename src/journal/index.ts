export type { Journal, JournalBounds, JournalEntry, NewEntry, NewGap } from './journal.js';
export { MemoryJournal, type MemoryJournalOptions } from './memory-journal.js';
