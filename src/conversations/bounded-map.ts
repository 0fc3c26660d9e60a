/** Remembers the newest entries and forgets the oldest. */
export class BoundedMap<V> {
  private readonly entries = new Map<string, V>();

  constructor(private readonly bound: number) {}

  get(key: string): V | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.bound) return;
      this.entries.delete(oldest);
    }
  }
}
