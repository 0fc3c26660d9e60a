import type { ReadonlySignal } from '@preact/signals';
import { bytes, milliseconds } from '../amounts.js';
import { byMinute, type Point } from '../sample-ring.js';

/** The chart in numbers, for who cannot see it, or wants them. */
export function PointTable({ points }: { readonly points: ReadonlySignal<readonly Point[]> }) {
  return (
    <details class="connection__details">
      <summary>The same in numbers</summary>
      <table class="connection__table">
        <thead>
          <tr>
            <th scope="col">Minute</th>
            <th scope="col">Median</th>
            <th scope="col">Worst</th>
            <th scope="col">Most stream</th>
          </tr>
        </thead>
        <tbody>
          {byMinute(points.value).map(({ at, medianMs, worstMs, mostBytesPerSecond }) => (
            <tr key={at}>
              <th scope="row">
                {new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })}
              </th>
              <td>{medianMs === undefined ? 'no answer' : milliseconds(medianMs)}</td>
              <td>{worstMs === undefined ? 'no answer' : milliseconds(worstMs)}</td>
              <td>{bytes(mostBytesPerSecond)}/s</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
