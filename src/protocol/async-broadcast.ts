/** Hands each value to every iterator that is open; an iterator holds what it has not taken yet. */
export class AsyncBroadcast<T> {
  private readonly readers = new Set<{ queue: T[]; wake: () => void }>();
  private ended = false;

  publish(value: T): void {
    for (const reader of this.readers) {
      reader.queue.push(value);
      reader.wake();
    }
  }

  /** Ends every iterator once it has taken what it holds. */
  end(): void {
    this.ended = true;
    for (const reader of this.readers) reader.wake();
  }

  /** Every value from this call on, whether or not iterating has begun. `first` come before them. */
  values(...first: T[]): AsyncIterableIterator<T> {
    const reader = { queue: first, wake: (): void => {} };
    this.readers.add(reader);
    const readers = this.readers;
    const hasEnded = (): boolean => this.ended;
    async function* iterate(): AsyncIterableIterator<T> {
      try {
        for (;;) {
          while (reader.queue.length > 0) yield reader.queue.shift() as T;
          if (hasEnded()) return;
          await new Promise<void>((resolve) => {
            reader.wake = resolve;
          });
        }
      } finally {
        readers.delete(reader);
      }
    }
    return iterate();
  }
}
