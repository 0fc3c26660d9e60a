/** Empty slots at the front that make it worth copying the rest down. */
const COMPACT_AT = 1_024;

/** A list that grows at its end and is taken from at its front, both in constant time. */
export class Deque<T> {
  private items: (T | undefined)[] = [];
  private start = 0;

  get length(): number {
    return this.items.length - this.start;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** Undefined beyond its ends. */
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.items[this.start + index];
  }

  shift(count = 1): void {
    const end = Math.min(this.start + count, this.items.length);
    this.items.fill(undefined, this.start, end);
    this.start = end;
    if (this.start < COMPACT_AT || this.start * 2 < this.items.length) return;
    this.items = this.items.slice(this.start);
    this.start = 0;
  }
}
