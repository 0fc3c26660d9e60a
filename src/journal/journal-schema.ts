/**
 * How journals lie in a database file. A log is one runtime of a scope; `total` counts what its frames had together up to
 * an entry, so that what is kept is a difference and needs no scan; `turn` tells which log was silent longest.
 *
 * A row of `entries` is a run: `count` events that follow each other in one epoch, of one type and one time. `position` and `seq`
 * are those of its first, `through` and `total` of its last; `frame` holds their frames one behind the other, `sizes` how many
 * UTF-16 units each has, with commas between them (NULL where it is one). A row can also be one hole. After a write that was
 * repeated, rows may overlap; they say the same then.
 */
export const JOURNAL_MIGRATIONS = [
  `CREATE TABLE logs (
     id INTEGER PRIMARY KEY, scope TEXT NOT NULL, agent TEXT, conversation TEXT NOT NULL,
     oldest INTEGER NOT NULL, head INTEGER NOT NULL, dropped INTEGER NOT NULL, total INTEGER NOT NULL,
     released INTEGER NOT NULL, turn INTEGER NOT NULL);
   CREATE TABLE epochs (
     log INTEGER NOT NULL, ordinal INTEGER NOT NULL, epoch TEXT NOT NULL,
     first_position INTEGER NOT NULL, first_seq INTEGER NOT NULL,
     last_position INTEGER NOT NULL, last_seq INTEGER NOT NULL,
     PRIMARY KEY (log, ordinal)) WITHOUT ROWID;
   CREATE TABLE entries (
     log INTEGER NOT NULL, position INTEGER NOT NULL, epoch INTEGER NOT NULL,
     seq INTEGER NOT NULL, through INTEGER NOT NULL, total INTEGER NOT NULL, at INTEGER NOT NULL,
     type TEXT NOT NULL, frame TEXT,
     PRIMARY KEY (log, position)) WITHOUT ROWID;
   CREATE TABLE kept (
     log INTEGER NOT NULL, name TEXT NOT NULL, position INTEGER NOT NULL, frame TEXT NOT NULL,
     PRIMARY KEY (log, name)) WITHOUT ROWID`,
  `ALTER TABLE entries ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE entries ADD COLUMN sizes TEXT`,
];
