/** One moment of the chart. */
export interface Point {
  /** Epoch ms. */
  readonly at: number;
  /** Of control, in ms; null where nothing was answered. */
  readonly roundTripMs: number | null;
  /** Of all streams of the environment together. */
  readonly streamBytesPerSecond: number | null;
}

/** The newest points, the oldest first; as many as were asked for, and no more. */
export class SampleRing {
  private readonly kept: Point[] = [];

  constructor(private readonly most: number) {}

  get points(): readonly Point[] {
    return this.kept;
  }

  push(point: Point): void {
    this.kept.push(point);
    if (this.kept.length > this.most) this.kept.shift();
  }
}

/** What many points say in a few numbers. */
export interface Summary {
  readonly medianMs: number | undefined;
  readonly worstMs: number | undefined;
  readonly mostBytesPerSecond: number;
  /** Moments at which control did not answer. */
  readonly unanswered: number;
}

export function summaryOf(points: readonly Point[]): Summary {
  const trips = points
    .flatMap(({ roundTripMs }) => (roundTripMs === null ? [] : [roundTripMs]))
    .toSorted((a, b) => a - b);
  return {
    medianMs: trips[Math.floor(trips.length / 2)],
    worstMs: trips.at(-1),
    mostBytesPerSecond: Math.max(0, ...points.map(({ streamBytesPerSecond }) => streamBytesPerSecond ?? 0)),
    unanswered: points.filter(({ roundTripMs }) => roundTripMs === null).length,
  };
}

/** The same, minute by minute, the newest first. */
export function byMinute(points: readonly Point[]): readonly (Summary & { readonly at: number })[] {
  const minutes = new Map<number, Point[]>();
  for (const point of points) {
    const at = point.at - (point.at % MINUTE_MS);
    const minute = minutes.get(at);
    if (minute) minute.push(point);
    else minutes.set(at, [point]);
  }
  return [...minutes].map(([at, within]) => ({ at, ...summaryOf(within) })).reverse();
}

const MINUTE_MS = 60_000;
