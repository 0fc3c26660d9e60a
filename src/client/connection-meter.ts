import type { ChannelName, Clock } from '../protocol/index.js';
import type { ChannelSample, SocketPhase } from './connection-sample.js';

/** One channel, over any number of links. */
interface ChannelCount {
  socket: SocketPhase;
  bytes: number;
  frames: number;
  /** When each ping was sent that has no answer yet (`elapsed`). */
  readonly pings: number[];
}

/** What was received since the reading before. */
export interface MeterReading {
  readonly channels: Readonly<Record<ChannelName, Omit<ChannelSample, 'unacknowledgedBytes'>>>;
  readonly roundTripMs: number | undefined;
  readonly unansweredMs: number | undefined;
}

/** Counts what the sockets of an attachment bring, and times the pings on control. */
export class ConnectionMeter {
  private readonly counts: Readonly<Record<ChannelName, ChannelCount>> = { control: nothing(), stream: nothing() };
  private roundTripMs: number | undefined;
  private readAt: number;
  /** Epoch ms of the newest frame. */
  lastFrameAt: number | undefined;

  constructor(private readonly clock: Clock) {
    this.readAt = clock.elapsed();
  }

  socket(channel: ChannelName, phase: SocketPhase): void {
    const count = this.counts[channel];
    count.socket = phase;
    // The answers to what was asked on an earlier socket never come.
    if (phase !== 'open') count.pings.length = 0;
  }

  received(channel: ChannelName, bytes: number): void {
    const count = this.counts[channel];
    count.bytes += bytes;
    count.frames++;
    this.lastFrameAt = this.clock.now();
  }

  pinged(channel: ChannelName): void {
    this.counts[channel].pings.push(this.clock.elapsed());
  }

  /** The n-th pong answers the n-th ping of a socket. */
  ponged(channel: ChannelName): void {
    const at = this.counts[channel].pings.shift();
    if (at !== undefined && channel === 'control') this.roundTripMs = this.clock.elapsed() - at;
  }

  /** What came since the reading before, which it starts anew. */
  read(): MeterReading {
    const { counts, roundTripMs } = this;
    const now = this.clock.elapsed();
    const seconds = (now - this.readAt) / 1_000;
    this.readAt = now;
    this.roundTripMs = undefined;
    const [oldest] = counts.control.pings;
    return {
      channels: { control: rateOf(counts.control, seconds), stream: rateOf(counts.stream, seconds) },
      roundTripMs,
      unansweredMs: oldest === undefined ? undefined : now - oldest,
    };
  }
}

function nothing(): ChannelCount {
  return { socket: 'closed', bytes: 0, frames: 0, pings: [] };
}

function rateOf(count: ChannelCount, seconds: number): Omit<ChannelSample, 'unacknowledgedBytes'> {
  const { socket, bytes, frames } = count;
  count.bytes = 0;
  count.frames = 0;
  const per = (amount: number): number => (seconds > 0 ? amount / seconds : 0);
  return { socket, bytesPerSecond: per(bytes), framesPerSecond: per(frames) };
}
