import { closeNameOf, knownType } from '../../protocol/index.js';
import type { Metrics } from './metrics.js';

interface OpenSocket {
  readonly bufferedAmount: number;
}

type Place<L extends string> = Readonly<Record<L, string>>;

/** What has gone over the sockets of one place in one direction since somebody asked, by type: a counter of labels is too slow for each frame. */
interface Flow<L extends string> {
  readonly labels: Place<L> & { readonly direction: string };
  readonly byType: Map<string, { frames: number; bytes: number }>;
}

/** The same for every socket of a place. */
interface Lane<L extends string> {
  readonly place: Place<L>;
  readonly received: Flow<L>;
  readonly sent: Flow<L>;
}

/** Counts what goes over one socket. By its shape it is the channel's `SocketObserver`. */
class SocketTraffic<L extends string> {
  /** Undefined before it has opened. */
  socket: OpenSocket | undefined;

  constructor(
    readonly lane: Lane<L>,
    private readonly metrics: TrafficMetrics<L>,
  ) {}

  opened(socket: OpenSocket): void {
    this.socket = socket;
    this.metrics.open.add(this);
  }

  sent(type: string | undefined, bytes: number): void {
    count(this.lane.sent, type, bytes);
  }

  received(type: string | undefined, bytes: number): void {
    count(this.lane.received, type, bytes);
  }

  closed(code: number): void {
    this.metrics.open.delete(this);
    this.metrics.closed.inc({ ...this.lane.place, code: closeNameOf(code) });
  }
}

/** Counts what goes over sockets. */
export class TrafficMetrics<L extends string> {
  readonly open = new Set<SocketTraffic<L>>();
  readonly closed;
  private readonly lanes = new Map<string, Lane<L>>();

  /**
   * @param prefix of every name, for instance `twinlane_relay`
   * @param place labels that say which socket it is
   */
  constructor(metrics: Metrics, prefix: string, place: readonly L[]) {
    const labels = [...place, 'direction', 'type'];
    const counters = {
      frames: { name: `${prefix}_frames_total`, help: 'Frames sent (out) and received (in).' },
      bytes: { name: `${prefix}_frame_bytes_total`, help: 'Characters of frames sent (out) and received (in).' },
    };
    for (const what of ['frames', 'bytes'] as const) {
      const { name, help } = counters[what];
      metrics.counter<string>(name, help, labels, (counter) => {
        for (const { received, sent } of this.lanes.values())
          for (const { labels: at, byType } of [received, sent])
            for (const [type, counted] of byType) {
              counter.inc({ ...at, type }, counted[what]);
              counted[what] = 0;
            }
      });
    }
    this.closed = metrics.counter(`${prefix}_sockets_closed_total`, 'Sockets that closed, by close code.', [
      ...place,
      'code',
    ]);
    metrics.gauge<string>(`${prefix}_connections`, 'Open sockets.', place, (gauge) => {
      gauge.reset();
      for (const { lane } of this.open) gauge.inc(lane.place);
    });
    metrics.gauge<string>(
      `${prefix}_buffered_bytes`,
      'Given to sockets, and still in this process.',
      place,
      (gauge) => {
        gauge.reset();
        for (const { lane, socket } of this.open) gauge.inc(lane.place, socket?.bufferedAmount ?? 0);
      },
    );
  }

  socket(place: Place<L>): SocketTraffic<L> {
    return new SocketTraffic(this.laneOf(place), this);
  }

  private laneOf(place: Place<L>): Lane<L> {
    const key = JSON.stringify(place);
    const known = this.lanes.get(key);
    if (known) return known;
    const flow = (direction: 'in' | 'out'): Flow<L> => ({ labels: { ...place, direction }, byType: new Map() });
    const lane = { place, received: flow('in'), sent: flow('out') };
    this.lanes.set(key, lane);
    return lane;
  }
}

function count({ byType }: Flow<string>, type: string | undefined, bytes: number): void {
  const name = knownType(type);
  const counted = byType.get(name);
  if (counted) {
    counted.frames++;
    counted.bytes += bytes;
  } else byType.set(name, { frames: 1, bytes });
}
