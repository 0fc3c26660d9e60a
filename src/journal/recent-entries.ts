import { Deque } from './deque.js';
import type { HeldEntry } from './stored-log.js';

/** What an entry in memory takes beside its frame, about. */
const ENTRY_BYTES = 200;

export function sizeOf({ entry }: HeldEntry): number {
  return ENTRY_BYTES + (entry.frame?.length ?? 0);
}

/**
 * Entries that stay in memory although they are on disk: the newest of all runtimes together, within a bound, for readers that
 * follow. What those have passed is let go: if it stayed, each collection of the young would have to copy it.
 */
export class RecentEntries {
  private readonly entries = new Deque<HeldEntry>();
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  add(held: HeldEntry): void {
    this.entries.push(held);
    this.bytes += sizeOf(held);
  }

  /** An entry went by retention. */
  dropped(held: HeldEntry): void {
    this.bytes -= sizeOf(held);
  }

  /** Lets the oldest go from memory until the rest is still to be read and keeps within the bound. */
  evict(): void {
    for (let oldest = this.entries.at(0); oldest; oldest = this.entries.at(0)) {
      const { log } = oldest;
      const isHeld = log.tail.at(0) === oldest;
      const isSmall = this.bytes <= this.maxBytes && this.entries.length * ENTRY_BYTES <= this.maxBytes;
      if (isHeld && isSmall && oldest.entry.position > log.passed) return;
      this.entries.shift();
      if (!isHeld) continue;
      log.tail.shift();
      this.bytes -= sizeOf(oldest);
    }
  }
}
