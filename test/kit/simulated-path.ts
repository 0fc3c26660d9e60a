import type { ChannelSocket, SocketReceiver } from '../../src/channel/index.js';
import type { Clock, Timer } from '../../src/protocol/index.js';

interface Happening {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Time that jumps from one thing that happens to the next; nothing else passes. */
export class SimulatedTime implements Clock {
  private readonly heap: Happening[] = [];
  private time = 0;
  private order = 0;

  now(): number {
    return Math.floor(this.time);
  }

  elapsed(): number {
    return this.time;
  }

  after(ms: number, run: () => void): Timer {
    const happening: Happening = { at: this.time + Math.max(0, ms), order: this.order++, run };
    this.push(happening);
    return { cancel: () => (happening.run = undefined) };
  }

  /** Runs what happens within `ms`; what is done in microtasks is done before the next thing happens. */
  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    await Promise.resolve();
    for (let next = this.heap[0]; next && next.at <= until; next = this.heap[0]) {
      this.pop();
      this.time = Math.max(this.time, next.at);
      const { run } = next;
      if (!run) continue;
      run();
      await Promise.resolve();
    }
    this.time = until;
  }

  private push(happening: Happening): void {
    const { heap } = this;
    let index = heap.push(happening) - 1;
    for (let up = (index - 1) >> 1; index > 0 && this.isBefore(index, up); up = (index - 1) >> 1) {
      this.swap(index, up);
      index = up;
    }
  }

  private pop(): void {
    const { heap } = this;
    this.swap(0, heap.length - 1);
    heap.pop();
    for (let index = 0; ;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < heap.length && this.isBefore(child, least)) least = child;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const [first, second] = [this.heap[a], this.heap[b]];
    if (!first || !second) return false;
    return first.at < second.at || (first.at === second.at && first.order < second.order);
  }

  private swap(a: number, b: number): void {
    const [first, second] = [this.heap[a], this.heap[b]];
    if (!first || !second) return;
    this.heap[a] = second;
    this.heap[b] = first;
  }
}

/** One direction of a path. Times in ms, sizes in UTF-16 units, rates in those per ms. May be changed while it works. */
export interface Way {
  perMs: number;
  delayMs: number;
  /** Waits before the bottleneck at most; what does not fit stays in the sender's socket. */
  queueBytes: number;
  /** On top of the delay, for each message; they stay in order. */
  jitterMs?: () => number;
  /** Until then nothing goes through: everything that waited arrives in one heap. */
  blockedUntil?: number;
}

interface Message {
  readonly text: string;
  readonly written: (() => void) | undefined;
}

/** A socket whose messages go through a bottleneck with a first-in-first-out queue. */
export class SimulatedSocket implements ChannelSocket {
  open = true;
  /** Before the bottleneck, this sender's or anybody's. */
  queued = 0;
  private buffer: Message[] = [];
  private buffered = 0;
  private readonly queue: (Message | number)[] = [];
  private isServing = false;
  private lastArrival = 0;
  private peer: SimulatedSocket | undefined;
  private receiver: SocketReceiver | undefined;

  constructor(
    private readonly time: SimulatedTime,
    readonly way: Way,
  ) {}

  static pair(time: SimulatedTime, there: Way, back: Way): [SimulatedSocket, SimulatedSocket] {
    const [a, b] = [new SimulatedSocket(time, there), new SimulatedSocket(time, back)];
    [a.peer, b.peer] = [b, a];
    return [a, b];
  }

  get bufferedAmount(): number {
    return this.buffered;
  }

  /** How long something that came now would wait before the bottleneck. */
  get waitMs(): number {
    return this.queued / this.way.perMs;
  }

  send(text: string, written?: () => void): void {
    if (!this.open) return;
    this.buffer.push({ text, written });
    this.buffered += text.length;
    this.admit();
  }

  /** Somebody else's traffic takes its place in the queue, or is dropped. */
  intrude(bytes: number): void {
    if (this.queued + bytes <= this.way.queueBytes) this.enqueue(bytes, bytes);
  }

  close(): void {
    this.terminate();
  }

  terminate(): void {
    this.open = false;
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
  }

  private admit(): void {
    for (let first = this.buffer[0]; first; first = this.buffer[0]) {
      const { length } = first.text;
      if (this.queued > 0 && this.queued + length > this.way.queueBytes) return;
      this.buffer.shift();
      this.buffered -= length;
      if (first.written) this.time.after(0, first.written);
      this.enqueue(first, length);
    }
  }

  private enqueue(message: Message | number, bytes: number): void {
    this.queue.push(message);
    this.queued += bytes;
    if (!this.isServing) this.serve();
  }

  private serve(): void {
    const [first] = this.queue;
    this.isServing = first !== undefined;
    if (first === undefined) return;
    const bytes = typeof first === 'number' ? first : first.text.length;
    this.time.after(bytes / this.way.perMs, () => {
      this.queue.shift();
      this.queued -= bytes;
      if (typeof first !== 'number') this.carry(first.text);
      this.admit();
      this.serve();
    });
  }

  private carry(text: string): void {
    const { delayMs, jitterMs, blockedUntil = 0 } = this.way;
    const now = this.time.elapsed();
    this.lastArrival = Math.max(this.lastArrival, blockedUntil, now + delayMs + (jitterMs?.() ?? 0));
    this.time.after(this.lastArrival - now, () => {
      if (this.open) this.peer?.receiver?.message(text, false);
    });
  }
}
