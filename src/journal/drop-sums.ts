import type { JournalDrop } from './journal-observer.js';
import type { StoredLog } from './stored-log.js';

type Sums = Omit<JournalDrop, 'scope' | 'runtime'>;

/** What went of each log, until somebody is told. */
export class DropSums {
  private readonly sums = new Map<StoredLog, Sums>();

  add(log: StoredLog, { entries, bytes, unreleased }: Sums): void {
    const sum = this.sums.get(log);
    this.sums.set(log, {
      entries: entries + (sum?.entries ?? 0),
      bytes: bytes + (sum?.bytes ?? 0),
      unreleased: unreleased + (sum?.unreleased ?? 0),
    });
  }

  /** Empty where nothing went. */
  take(): JournalDrop[] {
    const drops = [...this.sums].map(([{ scope, runtime }, sums]): JournalDrop => ({ scope, runtime, ...sums }));
    this.sums.clear();
    return drops;
  }
}
