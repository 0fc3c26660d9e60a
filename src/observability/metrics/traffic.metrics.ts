import { closeNameOf, knownType } from '../../protocol/index.js';
import type { Metrics } from './metrics.js';

interface OpenSocket {
  readonly bufferedAmount: number;
}

type Place<L extends string> = Readonly<Record<L, string>>;

/** Counts what goes over sockets. What `socket` returns is, by its shape, the channel's `SocketObserver`. */
export class TrafficMetrics<L extends string> {
  private readonly open = new Map<OpenSocket, Place<L>>();
  private readonly frames;
  private readonly bytes;
  private readonly closed;

  /**
   * @param prefix of every name, for instance `twinlane_relay`
   * @param place labels that say which socket it is
   */
  constructor(metrics: Metrics, prefix: string, place: readonly L[]) {
    const labels = [...place, 'direction', 'type'];
    this.frames = metrics.counter(`${prefix}_frames_total`, 'Frames sent (out) and received (in).', labels);
    this.bytes = metrics.counter(
      `${prefix}_frame_bytes_total`,
      'Characters of frames sent (out) and received (in).',
      labels,
    );
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
    const count = (direction: 'in' | 'out', type: string | undefined, bytes: number): void => {
      const labels = { ...place, direction, type: knownType(type) };
      this.frames.inc(labels);
      this.bytes.inc(labels, bytes);
    };
    return {
      opened: (opened: OpenSocket): void => {
        socket = opened;
        this.open.set(opened, place);
      },
      sent: (type: string | undefined, bytes: number): void => count('out', type, bytes),
      received: (type: string | undefined, bytes: number): void => count('in', type, bytes),
      closed: (code: number): void => {
        if (socket) this.open.delete(socket);
        this.closed.inc({ ...place, code: closeNameOf(code) });
      },
    };
  }
}
