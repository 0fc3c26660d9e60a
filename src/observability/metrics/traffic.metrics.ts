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

/** Counts what goes over sockets. What `socket` returns is, by its shape, the channel's `SocketObserver`. */
export class TrafficMetrics<L extends string> {
  private readonly open = new Map<OpenSocket, Place<L>>();
  private readonly flows = new Map<string, Flow<L>>();
  private readonly closed;

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
        for (const { labels: at, byType } of this.flows.values())
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
      for (const at of this.open.values()) gauge.inc(at);
    });
    metrics.gauge<string>(
      `${prefix}_buffered_bytes`,
      'Given to sockets, and still in this process.',
      place,
      (gauge) => {
        gauge.reset();
        for (const [{ bufferedAmount }, at] of this.open) gauge.inc(at, bufferedAmount);
      },
    );
  }

  socket(place: Place<L>) {
    let socket: OpenSocket | undefined;
    const received = this.flow(place, 'in');
    const sent = this.flow(place, 'out');
    return {
      opened: (opened: OpenSocket): void => {
        socket = opened;
        this.open.set(opened, place);
      },
      sent: (type: string | undefined, bytes: number): void => count(sent, type, bytes),
      received: (type: string | undefined, bytes: number): void => count(received, type, bytes),
      closed: (code: number): void => {
        if (socket) this.open.delete(socket);
        this.closed.inc({ ...place, code: closeNameOf(code) });
      },
    };
  }

  /** The same for every socket of a place. */
  private flow(place: Place<L>, direction: 'in' | 'out'): Flow<L> {
    const key = JSON.stringify([place, direction]);
    const known = this.flows.get(key);
    if (known) return known;
    const flow: Flow<L> = { labels: { ...place, direction }, byType: new Map() };
    this.flows.set(key, flow);
    return flow;
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
