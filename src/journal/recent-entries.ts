import { Deque } from './deque.js';
import type { HeldEntry, StoredLog } from './stored-log.js';

/** An entry and whose it is. */
export interface LoggedEntry {
  readonly log: StoredLog;
  readonly entry: HeldEntry;
}

/** What an entry in memory takes beside its frame, about. */
const ENTRY_BYTES = 200;

export function sizeOf({ frame }: HeldEntry): number {
  return ENTRY_BYTES + (frame?.length ?? 0);
}

/** Entries that stay in memory although they are on disk: the newest of all runtimes together, within a bound. */
export class RecentEntries {
  private readonly entries = new Deque<LoggedEntry>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  add(logged: LoggedEntry): void {
    this.entries.push(logged);
    this.bytes += sizeOf(logged.entry);
  }

  /** An entry went by retention. */
  dropped(entry: HeldEntry): void {
    this.bytes -= sizeOf(entry);
  }

  /** Lets the oldest go from memory until the rest keeps within the bound. */
  evict(): void {
    for (let oldest = this.entries.at(0); oldest; oldest = this.entries.at(0)) {
      const { log, entry } = oldest;
      const isHeld = log.tail.at(0) === entry;
      const isSmall = this.bytes <= this.maxBytes && this.entries.length * ENTRY_BYTES <= this.maxBytes;
      if (isHeld && isSmall) return;
      this.entries.shift();
      if (!isHeld) continue;
      log.tail.shift();
      this.bytes -= sizeOf(entry);
    }
  }
}
