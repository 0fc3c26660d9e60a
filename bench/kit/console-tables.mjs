// What `bench:console` prints for people.
import { printTable, round } from './figures.mjs';

/** Bytes of what a browser loads before it shows anything. @param sizes as `sizesOfConsole` has them */
export function firstLoadOf(sizes) {
  const first = sizes.filter(({ when }) => when === 'first');
  const sum = (field) => first.reduce((total, one) => total + one[field], 0);
  return { bytes: sum('bytes'), gzip: sum('gzip'), brotli: sum('brotli') };
}

/** @param history events of a conversation that is opened again */
export function printConsole({ seconds, rate, list, turn, frames, memory, again, firstLoad, sizes }, history) {
  printTable(
    ['ms, of the page and of the client library in Node', 'p50', 'p90'],
    [
      ['first list, by the start-up link, nothing cached', list.cold.p50Ms, list.cold.p90Ms],
      ['first list, again', list.warm.p50Ms, list.warm.p90Ms],
      ['the list alone, by the library', list.library.p50Ms, list.library.p90Ms],
      ['Enter to first delta', turn.page.p50Ms, turn.page.p90Ms],
      ['the same turn, by the library', turn.library.p50Ms, turn.library.p90Ms],
      [`a conversation opened again, ${history} events`, again.page.p50Ms, again.page.p90Ms],
      ['as many events, by the library', again.library.p50Ms, again.library.p90Ms],
    ],
  );
  console.log(`${rate} deltas/s for ${seconds} s.\n`);
  printTable(
    [
      'page',
      'pictures',
      'missing',
      '%',
      'p99 ms',
      'max ms',
      'long tasks',
      'longest ms',
      'main thread %',
      'script %',
      'layout %',
      'behind ms',
    ],
    Object.entries(frames).map(([name, one]) => [
      name,
      one.pictures,
      one.missing,
      one.missingPercent,
      one.p99Ms,
      one.maxMs,
      one.longTasks,
      one.longestTaskMs,
      one.busyPercent,
      one.scriptPercent,
      one.layoutPercent,
      one.behindMs ?? '',
    ]),
  );
  printTable(
    ['', 'heap MiB', 'elements', 'nodes'],
    [
      ['empty', memory.empty],
      [`${memory.deltas} deltas`, memory.full],
    ].map(([name, { heap, elements, nodes }]) => [name, round(heap / 2 ** 20, 1), elements, nodes]),
  );
  console.log(`${memory.bytesPerDelta} bytes a delta.\n`);
  printTable(
    ['file', 'when', 'bytes', 'gzip', 'brotli'],
    [['first load', 'first', ...Object.values(firstLoad)], ...sizes.map((one) => Object.values(one))],
  );
}
