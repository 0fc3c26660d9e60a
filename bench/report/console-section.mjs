import { round } from '../kit/figures.mjs';
import { table, thousands } from './report.mjs';

/** What the page did meanwhile, by arm. */
const PAGES = {
  idle: 'nothing',
  elsewhere: 'it shows something else; a client in Node reads the burst',
  burst: 'it shows the burst',
  scrolled: 'it shows the burst, and is scrolled up and down',
};

export function consoleSection(report) {
  return report.section('console', 'The page', (result) => {
    const { rate, seconds, list, turn, again, frames, memory, firstLoad, sizes } = result;
    const waits = [
      ['first list, by the start-up link with nothing cached', list.cold, list.library],
      ['first list, again', list.warm, list.library],
      ['Enter to first delta', turn.page, turn.library],
      [`a conversation opened again, ${thousands(again.events)} events`, again.page, again.library],
    ];
    const note = 'Median ms until it is seen, and until the client library in Node has the same; less is better.';
    const labels = ['first list', 'first list, again', 'first delta', 'opened again'];
    const compared = waits.map(([, page, library], at) => [labels[at], { ours: page.p50Ms, bare: library.p50Ms }]);
    const names = { ours: 'page', bare: 'library' };
    const file = report.pairChart('console', 'The page', note, Object.fromEntries(compared), thousands, names);
    const waitRows = waits.map(([label, page, library]) => [
      label,
      page.p50Ms,
      page.p90Ms,
      library.p50Ms,
      library.p90Ms,
    ]);
    const frameRows = Object.entries(PAGES).map(([name, label]) => {
      const one = frames[name];
      return [
        label,
        thousands(one.pictures),
        `${one.missing} (${one.missingPercent} %)`,
        one.p99Ms,
        one.maxMs,
        `${one.longTasks} (${one.longestTaskMs} ms)`,
        one.busyPercent,
        one.behindMs ?? '',
      ];
    });
    const memoryRows = [
      ['empty', memory.empty],
      [`${thousands(memory.deltas)} deltas later`, memory.full],
    ].map(([name, { heap, elements, nodes }]) => [
      name,
      round(heap / 2 ** 20, 1),
      thousands(elements),
      thousands(nodes),
    ]);
    const sizeRow = ({ file: name, when, bytes, gzip, brotli }) => [
      name,
      when,
      ...[bytes, gzip, brotli].map(thousands),
    ];
    return [
      `The built console in Chromium, on the machine of its relay and listener, beside the client library in Node in the same run. What is seen is
seen with a picture, so a display of 60 Hz alone adds up to 17 ms to a first delta.`,
      `![Waiting](performance/${file})`,
      table(['', 'page p50 ms', 'p90', 'library p50 ms', 'p90'], waitRows),
      `${thousands(rate)} deltas a second for ${seconds} s: Markdown, reasoning and the output of tools, in pieces as small as models give them. A picture is
missing where the one before stays longer than 1.5 display intervals; a long task keeps the page busy for more than 50 ms; *behind* is how long after the
agent's last word the reader has it.`,
      table(
        ['page', 'pictures', 'missing', 'p99 ms', 'max ms', 'long tasks (longest)', 'main thread busy %', 'behind ms'],
        frameRows,
      ),
      `JavaScript heap after collecting garbage, elements in the page and nodes in all:`,
      table(['conversation', 'heap MiB', 'elements', 'nodes'], memoryRows),
      `That is ${memory.bytesPerDelta} bytes a delta. What a browser fetches before it shows anything, and what it fetches when it is needed, in bytes:`,
      table(
        ['file', 'when', 'plain', 'gzip', 'brotli'],
        [['**first load**', 'first', ...Object.values(firstLoad).map(thousands)], ...sizes.map(sizeRow)],
      ),
    ].join('\n\n');
  });
}
