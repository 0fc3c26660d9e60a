import { onAbort } from './give-up.js';

interface Waiting<T> {
  readonly item: T;
  readonly bytes: number;
}

interface Taker<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

/** Items on their way to one `for await`. It ends when told to, or when the loop is left. */
export class AsyncQueue<T> implements AsyncIterableIterator<T, undefined> {
  private readonly waiting: Waiting<T>[] = [];
  private readonly takers: Taker<T>[] = [];
  private end: { readonly error: Error | undefined } | undefined;
  private bytes = 0;
  private forgetSignal: () => void = () => {};

  /** @param changed told when an item was taken, and when nobody will take any more */
  constructor(private readonly changed: (queue: AsyncQueue<T>) => void = () => {}) {}

  /** Bytes that wait to be taken. */
  get unreadBytes(): number {
    return this.bytes;
  }

  get ended(): boolean {
    return this.end !== undefined;
  }

  /** The loop is left when the signal is aborted. */
  until(signal: AbortSignal | undefined): this {
    this.forgetSignal = onAbort(signal, () => void this.return());
    return this;
  }

  push(item: T, bytes = 0): void {
    if (this.end) return;
    const taker = this.takers.shift();
    if (taker) return taker.resolve({ done: false, value: item });
    this.waiting.push({ item, bytes });
    this.bytes += bytes;
  }

  /** Nothing follows; what waits is still handed out, and then the error is thrown where there is one. */
  finish(error?: Error): void {
    if (this.end) return;
    this.end = { error };
    this.forgetSignal();
    for (const taker of this.takers.splice(0)) this.settle(taker);
    this.changed(this);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const first = this.waiting.shift();
    if (first) {
      this.bytes -= first.bytes;
      this.changed(this);
      return Promise.resolve({ done: false, value: first.item });
    }
    return new Promise((resolve, reject) => {
      const taker = { resolve, reject };
      if (this.end) this.settle(taker);
      else this.takers.push(taker);
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.waiting.length = 0;
    this.bytes = 0;
    this.finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private settle(taker: Taker<T>): void {
    if (this.end?.error) taker.reject(this.end.error);
    else taker.resolve({ done: true, value: undefined });
  }
}

/** One source, any number of loops over it. */
export class Fanout<T> {
  private readonly queues = new Set<AsyncQueue<T>>();
  private end: { readonly error: Error | undefined } | undefined;
  /** Holds what comes before the first loop begins. */
  private first: AsyncQueue<T> | undefined;

  /**
   * @param changed told when a reader has taken something, or has left
   * @param holdForFirst whether the first loop is also given what came before it
   */
  constructor(
    private readonly changed: () => void = () => {},
    holdForFirst = false,
  ) {
    if (holdForFirst) this.first = this.open();
  }

  /** What waits for the slowest reader, in bytes. */
  get unreadBytes(): number {
    let most = 0;
    for (const queue of this.queues) most = Math.max(most, queue.unreadBytes);
    return most;
  }

  /** Whether anybody would take what is published. */
  get hasReaders(): boolean {
    return this.queues.size > 0;
  }

  subscribe(): AsyncQueue<T> {
    const queue = this.first ?? this.open();
    this.first = undefined;
    return queue;
  }

  publish(item: T, bytes = 0): void {
    for (const queue of this.queues) queue.push(item, bytes);
  }

  finish(error?: Error): void {
    this.end ??= { error };
    for (const queue of this.queues) queue.finish(error);
  }

  private open(): AsyncQueue<T> {
    const queue = new AsyncQueue<T>((changed) => {
      if (changed.ended) this.queues.delete(changed);
      this.changed();
    });
    if (this.end) queue.finish(this.end.error);
    else this.queues.add(queue);
    return queue;
  }
}
