import { isEvent } from '../../client/index.js';
import type { Clock, Delta, Frame, Timer } from '../../protocol/index.js';
import { contentText } from '../attach/content-text.js';
import type { StatusLine } from './status-line.js';

/** Milliseconds that a turn may take before it counts as long. */
const SHOW_AFTER_MS = 3_000;
/** Milliseconds between two pictures. */
const EVERY_MS = 200;
const PICTURES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

const KIB = 1024;

/** Says that a long turn goes on: for how long, and how much came. */
export class TurnTicker {
  private readonly begun: number;
  private bytes = 0;
  /** As the agent counts them; undefined where it does not. */
  private tokens: number | undefined;
  private pictures = 0;
  private timer: Timer | undefined;

  constructor(
    private readonly line: Pick<StatusLine, 'show' | 'hide'>,
    private readonly clock: Clock,
  ) {
    this.begun = clock.now();
    this.timer = clock.after(SHOW_AFTER_MS, () => this.tick());
  }

  learn(frame: Frame): void {
    if (isEvent(frame, 'stream_delta')) this.count(frame.delta);
  }

  stop(): void {
    this.timer?.cancel();
    this.line.hide();
  }

  private tick(): void {
    const picture = PICTURES.charAt(this.pictures++ % PICTURES.length);
    this.line.show(`${picture} ${duration(this.clock.now() - this.begun)}${this.amount}`);
    this.timer = this.clock.after(EVERY_MS, () => this.tick());
  }

  private count(delta: Delta): void {
    const { message_type, content, tool_return, reasoning } = delta;
    // What the person has sent comes back first.
    if (message_type === 'user_message') return;
    if (message_type === 'usage_statistics') {
      const tokens = delta['total_tokens'] ?? delta['context_tokens'];
      if (typeof tokens === 'number') this.tokens = tokens;
    }
    for (const text of [content, tool_return, reasoning]) this.bytes += Buffer.byteLength(contentText(text));
  }

  private get amount(): string {
    if (this.tokens !== undefined) return `, ${this.tokens.toLocaleString('en')} tokens`;
    if (this.bytes === 0) return '';
    return this.bytes < KIB ? `, ${this.bytes} bytes` : `, ${(this.bytes / KIB).toFixed(1)} KiB`;
  }
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
