import { StringDecoder } from 'node:string_decoder';
import type { Clock, Timer } from '../../protocol/index.js';

export interface OutputBatchOptions {
  /** ms for which output is collected. */
  readonly batchMs: number;
  /** Bytes that are not collected any longer. */
  readonly batchBytes: number;
}

/**
 * Collects what a terminal prints, so that a program that writes character by character does not cost a frame each. Characters
 * split over two chunks stay intact (reliability C34); bytes that are no UTF-8 become U+FFFD.
 */
export class OutputBatch {
  private readonly decoder = new StringDecoder('utf8');
  private text = '';
  private bytes = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly options: OutputBatchOptions,
    private readonly flushed: (text: string) => void,
  ) {}

  add(chunk: Buffer): void {
    this.text += this.decoder.write(chunk);
    this.bytes += chunk.length;
    if (this.bytes >= this.options.batchBytes) this.flush();
    else this.timer ??= this.clock.after(this.options.batchMs, () => this.flush());
  }

  /** Puts whole text between what the terminal prints. */
  insert(text: string): void {
    this.text += text;
    this.flush();
  }

  /** Nothing follows. */
  end(): void {
    this.text += this.decoder.end();
    this.flush();
  }

  private flush(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const { text } = this;
    this.text = '';
    this.bytes = 0;
    if (text !== '') this.flushed(text);
  }
}
