import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useConsole } from '../../app/index.js';
import { bytes, milliseconds } from '../amounts.js';
import type { ConnectionStore } from '../connection.store.js';
import { summaryOf, type Point } from '../sample-ring.js';

const HEIGHT = 220;
/** What the chart spans at least, in s: a page that was just opened does not stretch ten seconds over it. */
const LEAST_SPAN_S = 120;

/** The last minutes: round trips as a line, what came on the stream as an area. */
export function RoundTripChart({ store }: { readonly store: ConnectionStore }) {
  const { theme } = useConsole();
  const place = useRef<HTMLDivElement>(null);
  const scheme = theme.theme.value;
  useEffect(() => {
    const { current } = place;
    if (!current) return;
    const preference = matchMedia('(prefers-color-scheme: dark)');
    let end = draw(current, store);
    const again = (): void => {
      end();
      end = draw(current, store);
    };
    preference.addEventListener('change', again);
    return () => {
      preference.removeEventListener('change', again);
      end();
    };
  }, [store, scheme]);
  return (
    <figure class="connection__figure">
      <div class="connection__chart" ref={place} role="img" aria-label={described(store.points.value)} />
      <figcaption class="connection__legend">
        <span class="connection__key connection__key--trip">round trip of control</span>
        <span class="connection__key connection__key--stream">stream, per second</span>
      </figcaption>
    </figure>
  );
}

function described(points: readonly Point[]): string {
  if (points.length === 0) return 'Nothing was measured yet.';
  const { medianMs, worstMs, mostBytesPerSecond, unanswered } = summaryOf(points);
  const trips =
    medianMs === undefined || worstMs === undefined
      ? 'control has not answered'
      : `round trip of control: median ${milliseconds(medianMs)}, worst ${milliseconds(worstMs)}`;
  const silent = unanswered === 0 ? '' : `; without an answer at ${unanswered} of ${points.length} moments`;
  return `Over the last minutes, ${trips}${silent}; stream: at most ${bytes(mostBytesPerSecond)} per second.`;
}

/** @returns what takes it away again */
function draw(place: HTMLElement, store: ConnectionStore): () => void {
  const chart = new UPlot(optionsFor(place), [[], [], []], place);
  const stop = effect(() => chart.setData(columnsOf(store.points.value)));
  const sizes = new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT }));
  sizes.observe(place);
  return () => {
    sizes.disconnect();
    stop();
    chart.destroy();
  };
}

function columnsOf(points: readonly Point[]): UPlot.AlignedData {
  return [
    points.map(({ at }) => at / 1_000),
    points.map(({ roundTripMs }) => roundTripMs),
    points.map(({ streamBytesPerSecond }) => streamBytesPerSecond),
  ];
}

function optionsFor(place: HTMLElement): UPlot.Options {
  const colour = (name: string): string => resolved(place, `var(--color-${name})`);
  const grid = { stroke: colour('line'), width: 1 };
  const axis = { stroke: colour('muted'), font: `11px ${getComputedStyle(place).fontFamily}`, ticks: { show: false } };
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 0, 0, 0],
    scales: {
      x: { time: true, range: (_chart, least, most) => [Math.min(least, most - LEAST_SPAN_S), most] },
      ms: { range: (_chart, _least, most) => [0, Math.max(10, most * 1.15)] },
      rate: { range: (_chart, _least, most) => [0, Math.max(1_000, most * 1.15)] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 28, space: 76, values: (_chart, moments) => moments.map(clockText) },
      { ...axis, scale: 'ms', grid, size: 56, values: (_chart, values) => values.map((value) => `${value} ms`) },
      {
        ...axis,
        scale: 'rate',
        side: 1,
        grid: { show: false },
        size: 64,
        values: (_chart, values) => values.map(bytes),
      },
    ],
    series: [
      {},
      { scale: 'ms', stroke: colour('accent'), width: 2, points: { show: false }, spanGaps: false },
      {
        scale: 'rate',
        stroke: colour('warn'),
        fill: resolved(place, 'color-mix(in srgb, var(--color-warn) 16%, transparent)'),
        width: 1,
        points: { show: false },
        spanGaps: false,
      },
    ],
  };
}

function clockText(second: number): string {
  return new Date(second * 1_000).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}

/**
 * A canvas knows nothing of custom properties, nor of light-dark(). An element of its own, so that no transition is under way: where motion is
 * reduced, all properties have one.
 */
function resolved(place: HTMLElement, colour: string): string {
  const probe = document.createElement('span');
  probe.style.color = colour;
  place.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
