import { readdirSync } from 'node:fs';
import path from 'node:path';
import Libsql from 'libsql';

/** As if what was committed last had never reached the file: the rows, and every mark of how far a log goes. */
const CUT = `
  DELETE FROM entries WHERE at >= :since;
  UPDATE logs SET
    head = COALESCE((SELECT MAX(position + count - 1) FROM entries WHERE log = logs.id), oldest - 1),
    total = COALESCE((SELECT MAX(total) FROM entries WHERE log = logs.id), dropped);
  DELETE FROM epochs WHERE first_position > (SELECT head FROM logs WHERE id = epochs.log);
  UPDATE epochs SET
    last_position = (SELECT MAX(position + count - 1) FROM entries WHERE log = epochs.log AND epoch = epochs.ordinal),
    last_seq = (SELECT MAX(through) FROM entries WHERE log = epochs.log AND epoch = epochs.ordinal)
  WHERE last_position > (SELECT head FROM logs WHERE id = epochs.log)`;

/**
 * The planted bug `tail`: what a device committed to its journal since a moment (epoch ms) is gone when its listener starts
 * again, and the listener does not know.
 *
 * @throws Error when there was nothing to cut
 */
export function cutJournalTail(dataDir: string, since: number): void {
  const files = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.db'));
  const cut = files.reduce((sum, name) => sum + cutDatabase(path.join(dataDir, name), since), 0);
  if (cut === 0) throw new Error(`There is no journal in ${dataDir} whose tail could be cut.`);
}

/** @returns how many entries it had lost */
function cutDatabase(file: string, since: number): number {
  const database = new Libsql(file);
  try {
    const isJournal = database.prepare(`SELECT 1 FROM sqlite_master WHERE name = 'entries'`).get([]) !== undefined;
    if (!isJournal) return 0;
    const lost = database.prepare('SELECT count FROM entries WHERE at >= ?').all([since]).length;
    database.exec(`BEGIN; ${CUT.replace(':since', String(since))}; COMMIT;`);
    return lost;
  } finally {
    database.close();
  }
}
