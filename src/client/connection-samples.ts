import type { Clock, Timer } from '../protocol/index.js';
import { Fanout, type AsyncQueue } from './async-queue.js';
import type { ConnectionMeter, MeterReading } from './connection-meter.js';
import type { ConnectionSample } from './connection-sample.js';

export interface SampleSource {
  readonly clock: Clock;
  /** In ms. */
  readonly everyMs: number;
  readonly meter: ConnectionMeter;
  /** Asks on control for an answer, so that the next sample knows a round trip. */
  readonly probe: () => void;
  /** All that is known beside what was counted. */
  readonly complete: (reading: MeterReading) => ConnectionSample;
}

/** Takes samples while somebody watches, and does nothing otherwise. */
export class ConnectionSamples {
  private readonly watchers: Fanout<ConnectionSample>;
  private timer: Timer | undefined;

  constructor(private readonly source: SampleSource) {
    this.watchers = new Fanout<ConnectionSample>(() => {
      if (!this.watchers.hasReaders) this.rest();
    });
  }

  follow(): AsyncQueue<ConnectionSample> {
    const samples = this.watchers.subscribe();
    if (this.timer === undefined && !samples.ended) this.begin();
    return samples;
  }

  /** The attachment has ended: one sample says so. */
  end(): void {
    if (this.timer) this.watchers.publish(this.take());
    this.watchers.finish();
    this.rest();
  }

  /** What was counted while nobody watched says nothing about now. */
  private begin(): void {
    this.source.meter.read();
    this.source.probe();
    this.arm();
  }

  private arm(): void {
    const { clock, everyMs } = this.source;
    this.timer = clock.after(everyMs, () => {
      this.arm();
      this.watchers.publish(this.take());
      this.source.probe();
    });
  }

  private rest(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private take(): ConnectionSample {
    return this.source.complete(this.source.meter.read());
  }
}
