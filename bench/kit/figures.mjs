import { cpus, loadavg, release, totalmem } from 'node:os';

export function round(value, digits = 2) {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

export function median(values) {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

/** @param sorted ascending @param q from 0 to 1 */
export function quantile(sorted, q) {
  if (sorted.length === 0) return NaN;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

/** Where a run is compared with others: the machine, and, once it is over, how busy that was with anything at all. */
export function observeMachine() {
  const before = ticks();
  const loadBefore = loadavg()[0];
  return () => {
    const after = ticks();
    const busy = (after.busy - before.busy) / Math.max(1, after.all - before.all);
    return {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      memoryGiB: round(totalmem() / 1024 ** 3, 1),
      kernel: release(),
      node: process.version,
      busyPercent: Math.round(busy * 100),
      load1: [round(loadBefore), round(loadavg()[0])],
    };
  };
}

function ticks() {
  let busy = 0;
  let all = 0;
  for (const { times } of cpus()) {
    const sum = Object.values(times).reduce((total, time) => total + time, 0);
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}

/** Prints rows as a table of Markdown. */
export function printTable(head, rows) {
  console.log(`| ${head.join(' | ')} |`);
  console.log(`|${head.map(() => '---').join('|')}|`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
  console.log();
}

/** The last line of a bench. */
export function printResult(result) {
  console.log(JSON.stringify(result));
}

export function progress(text) {
  process.stderr.write(`${text}\n`);
}
