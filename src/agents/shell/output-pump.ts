import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Clock, Timer } from '../../protocol/index.js';

export type OutputName = 'stdout' | 'stderr';

/** Where decoded output goes. */
export interface OutputSink {
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  emit(stream: OutputName, text: string): void;
}

export interface OutputPumpOptions {
  /** Milliseconds for which output is collected. */
  readonly outputDelayMs: number;
  /** UTF-16 units in one piece. */
  readonly maxDeltaLength: number;
}

/**
 * Carries the output of a process as text, in the order in which it was read. Characters split over two chunks stay
 * intact (reliability C34), bytes that are no UTF-8 become U+FFFD. While the sink has no room the pipes are paused, so
 * that the process waits and nothing piles up here.
 */
export class OutputPump {
  private readonly inputs: { readonly name: OutputName; readonly pipe: Readable; readonly decoder: StringDecoder }[] =
    [];
  private collected: { readonly stream: OutputName; text: string }[] = [];
  private timer: Timer | undefined;
  private flushing: Promise<void> | undefined;
  private abandoned = false;
  private failure: Error | undefined;
  /** Ends the wait for room that is under way. */
  private proceed = (): void => {};

  constructor(
    private readonly sink: OutputSink,
    private readonly clock: Clock,
    private readonly options: OutputPumpOptions,
  ) {}

  attach(name: OutputName, pipe: Readable): void {
    const decoder = new StringDecoder('utf8');
    this.inputs.push({ name, pipe, decoder });
    pipe.on('data', (chunk: Buffer) => {
      this.collect(name, decoder.write(chunk));
      this.schedule();
    });
  }

  /**
   * Resolves when all that was read has been handed to the sink. Call it when the pipes have ended.
   *
   * @throws what the sink threw
   */
  async drained(): Promise<void> {
    for (const { name, decoder } of this.inputs) this.collect(name, decoder.end());
    while (this.collected.length > 0 && !this.failure) await this.flush();
    await this.flushing;
    if (this.failure) throw this.failure;
  }

  /** Stops reading, also when somebody holds the pipes open, and no longer waits for room. */
  abandon(): void {
    this.abandoned = true;
    this.proceed();
    for (const { pipe } of this.inputs) pipe.destroy();
  }

  private collect(stream: OutputName, text: string): void {
    if (text === '') return;
    const last = this.collected.at(-1);
    if (last?.stream === stream) last.text += text;
    else this.collected.push({ stream, text });
  }

  private schedule(): void {
    const length = this.collected.reduce((sum, { text }) => sum + text.length, 0);
    if (length >= this.options.maxDeltaLength) void this.flush();
    else this.timer ??= this.clock.after(this.options.outputDelayMs, () => void this.flush());
  }

  private flush(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.flushing ??= this.handOver()
      .catch((error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
        this.abandon();
      })
      .finally(() => {
        this.flushing = undefined;
        // Something may have come in between the last look and now.
        if (this.collected.length > 0 && !this.failure) this.schedule();
      });
    return this.flushing;
  }

  private async handOver(): Promise<void> {
    for (const { pipe } of this.inputs) pipe.pause();
    while (this.collected.length > 0)
      for (const { stream, text } of this.collected.splice(0))
        for (const piece of pieces(text, this.options.maxDeltaLength)) {
          await this.room();
          this.sink.emit(stream, piece);
        }
    for (const { pipe } of this.inputs) pipe.resume();
  }

  private room(): Promise<void> {
    if (this.abandoned) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.proceed = resolve;
      this.sink.ready().then(resolve, reject);
    });
  }
}

/** Cuts a text into pieces of at most `length` UTF-16 units, never inside a surrogate pair. */
export function* pieces(text: string, length: number): Iterable<string> {
  for (let from = 0; from < text.length;) {
    let to = Math.min(from + length, text.length);
    const last = text.charCodeAt(to - 1);
    if (to < text.length && last >= 0xd8_00 && last <= 0xdb_ff) to--;
    yield text.slice(from, to);
    from = to;
  }
}
