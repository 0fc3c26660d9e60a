import type { ChannelName, Frame } from '../protocol/index.js';
import type { AttachmentState } from './attachment-options.js';
import { AttachmentStates } from './attachment-states.js';
import { ClientLink, type LinkEnd, type LinkReceiver, type LinkTarget } from './client-link.js';
import type { ClientContext } from './client-options.js';
import { ConnectionMeter, type MeterReading } from './connection-meter.js';
import type { ConnectionSample } from './connection-sample.js';
import { ConnectionSamples } from './connection-samples.js';
import type { AsyncQueue } from './async-queue.js';
import { onAbort, unlessAborted } from './give-up.js';
import { retry } from './retry.js';

/** Whoever needs a link. */
export interface LinkOwner extends Omit<LinkReceiver, 'down'> {
  /** What the next link is opened for. */
  target(): LinkTarget;
  /** Whether the reader of events has fallen behind. */
  isBehind(): boolean;
  /** Bytes of events that wait for the slowest loop. */
  unreadBytes(): number;
  /** A new link is up. */
  up(): void;
  /** The link is over, and another one is tried for. */
  lost(end: LinkEnd): void;
  /** It ended, for good. @param error why, unless it was closed */
  over(error: Error | undefined): void;
}

/** Keeps one link up, over any number of them, until it is closed or there is no use in trying on. */
export class LinkKeeper {
  private readonly progress = new AttachmentStates();
  private readonly meter: ConnectionMeter;
  private readonly samples: ConnectionSamples;
  private readonly answered = new Set<ChannelName>();
  private readonly life = new AbortController();
  private readonly receiver: LinkReceiver;
  private link: ClientLink | undefined;
  private breaks = 0;
  private lastVerdict: boolean | undefined;

  constructor(
    private readonly context: ClientContext,
    private readonly owner: LinkOwner,
  ) {
    const { clock, limits } = context;
    this.meter = new ConnectionMeter(clock);
    this.receiver = {
      frame: (frame, channel, bytes) => owner.frame(frame, channel, bytes),
      chunk: (requestId) => owner.chunk(requestId),
      unreadable: (error) => owner.unreadable(error),
      down: (end) => void this.reconnect(end),
    };
    this.samples = new ConnectionSamples({
      clock,
      everyMs: limits.sampleMs,
      meter: this.meter,
      probe: () => this.link?.probe(),
      complete: (reading) => this.sampleOf(reading),
    });
  }

  get state(): AttachmentState {
    return this.progress.now;
  }

  get isUp(): boolean {
    return this.link !== undefined;
  }

  states(): AsyncQueue<AttachmentState> {
    return this.progress.follow();
  }

  /** Samples from now on, while somebody takes them. */
  metrics(): AsyncQueue<ConnectionSample> {
    return this.samples.follow();
  }

  /** Opens the first link. @throws what `dial` throws, and the reason of the signal */
  async open(signal: AbortSignal | undefined): Promise<void> {
    const stop = onAbort(signal, () => this.close());
    try {
      await unlessAborted(this.connect(), signal);
    } finally {
      stop();
    }
  }

  /** @returns which message on control it is, from 1 on; undefined while no link is up: then it is not sent, nor kept */
  transmit(frame: Frame): number | undefined {
    return this.link?.send(frame);
  }

  /** The reader has caught up. */
  release(): void {
    this.link?.release();
  }

  /** The relay has said whether it goes on exactly where it broke. */
  judged(verdict: Pick<AttachmentState & { phase: 'open' }, 'resumed' | 'gap'>): void {
    this.lastVerdict = verdict.resumed;
    if (this.state.phase === 'open') this.progress.enter({ phase: 'open', ...verdict });
  }

  close(): void {
    if (this.progress.isClosed) return;
    this.link?.close();
    this.end(undefined);
  }

  private async connect(): Promise<void> {
    const { context, owner, receiver, answered, meter } = this;
    const { signal } = this.life;
    const held = (): boolean => owner.isBehind();
    const link = await ClientLink.open(context, owner.target(), { receiver, held, answered, meter, signal });
    if (signal.aborted) return link.close();
    this.link = link;
    this.progress.enter({ phase: 'open' });
    link.start();
    owner.up();
  }

  private async reconnect(end: LinkEnd): Promise<void> {
    const { reason, retryAfterMs } = end;
    this.link = undefined;
    this.breaks++;
    this.owner.lost(end);
    this.progress.enter({ phase: 'reconnecting', reason });
    const failed = await retry(this.context, reason, retryAfterMs, () => this.connect(), this.life.signal);
    if (failed) this.end(failed);
  }

  private end(error: Error | undefined): void {
    this.link = undefined;
    this.life.abort();
    this.progress.enter({ phase: 'closed', ...(error ? { error } : {}) });
    this.samples.end();
    this.owner.over(error);
  }

  private sampleOf({ channels, ...reading }: MeterReading): ConnectionSample {
    const unacknowledged = (channel: ChannelName): number => this.link?.unacknowledgedBytes(channel) ?? 0;
    return {
      at: this.context.clock.now(),
      state: this.state,
      control: { ...channels.control, unacknowledgedBytes: unacknowledged('control') },
      stream: { ...channels.stream, unacknowledgedBytes: unacknowledged('stream') },
      ...reading,
      unreadBytes: this.owner.unreadBytes(),
      resumed: this.lastVerdict,
      breaks: this.breaks,
      lastFrameAt: this.meter.lastFrameAt,
    };
  }
}
