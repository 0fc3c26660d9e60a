import { Deque } from './deque.js';
import { sizeOf } from './recent-entries.js';
import type { StoredEpoch } from './journal-reader.js';
import type { HeldEntry } from './stored-log.js';

/** Entries that wait to be written, in the order of their appends; also dropped ones, until the row of their log is written. */
export class UnwrittenEntries {
  entries = new Deque<HeldEntry>();
  /** What those that are kept take in memory. */
  bytes = 0;

  get length(): number {
    return this.entries.length;
  }

  /** How many are kept that no reader has released: they would be missing if the process ended now. */
  get unreleased(): number {
    let unreleased = 0;
    for (const { log, entry } of this) if (entry.position >= log.oldest && entry.position > log.released) unreleased++;
    return unreleased;
  }

  add(held: HeldEntry): void {
    this.entries.push(held);
    this.bytes += sizeOf(held);
  }

  /** One of them went by retention. */
  dropped(held: HeldEntry): void {
    this.bytes -= sizeOf(held);
    // A reader may have the entry in its hands: it keeps its frame.
    if (held.keep === undefined || held.keepText !== undefined) held.entry = { ...held.entry, frame: undefined };
  }

  /** Takes what was written from the front. @returns those that are kept */
  take(count: number): HeldEntry[] {
    const taken: HeldEntry[] = [];
    for (let i = 0; i < count; i++) {
      const next = this.entries.at(i);
      if (next && next.entry.position >= next.log.oldest) taken.push(next);
    }
    this.entries.shift(count);
    for (const held of taken) this.bytes -= sizeOf(held);
    return taken;
  }

  /** The oldest of them, as many as keep within a bound. */
  *within(bytes: number): Iterable<HeldEntry> {
    let taken = 0;
    for (const next of this) {
      if (taken >= bytes) return;
      taken += sizeOf(next);
      yield next;
    }
  }

  /** Drops the oldest until the rest keeps within a bound. @param mayCompact false while some of them are being written */
  shrink(maxBytes: number, mayCompact: boolean): void {
    for (const { log, entry } of this) {
      if (this.bytes <= maxBytes) break;
      log.dropThrough(entry.position);
    }
    if (mayCompact) this.compact();
  }

  *[Symbol.iterator](): Iterator<HeldEntry> {
    for (let i = 0, next = this.entries.at(0); next; next = this.entries.at(++i)) yield next;
  }

  /** Of what is dropped, the newest of each epoch still tells how far its log goes. */
  private compact(): void {
    const newest = new Map<StoredEpoch, HeldEntry>();
    for (const next of this) newest.set(next.span, next);
    const rest = new Deque<HeldEntry>();
    for (const next of this) {
      const { log, entry, keep, drop, span } = next;
      const isNeeded = entry.position >= log.oldest || keep !== undefined || drop !== undefined;
      if (isNeeded || newest.get(span) === next) rest.push(next);
    }
    this.entries = rest;
  }
}
