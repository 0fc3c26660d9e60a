import type { Engine } from './chaos-options.js';
import type { Verdict } from './comparison.js';
import type { FaultRecord } from './fault-record.js';
import { kindsOn } from './fault-schedule.js';

/** What a run comes to. */
export interface RunResult {
  readonly engine: Engine;
  /** Processes of the relay. */
  readonly nodes: number;
  readonly seed: number;
  readonly seconds: number;
  /** What kinds of links listeners had. */
  readonly links: readonly string[];
  readonly records: readonly FaultRecord[];
  /** Epoch ms of every event that was emitted, in order. */
  readonly emitted: readonly number[];
  readonly verdicts: readonly Verdict[];
  /** What went wrong beside that, in words. */
  readonly problems: readonly string[];
}

type Counted = 'lost' | 'duplicated' | 'reordered' | 'untold';

/** Over all clients and runtimes. */
export function total(verdicts: readonly Verdict[], what: Counted): number {
  return verdicts.reduce((sum, verdict) => sum + verdict[what], 0);
}

/** Whether the promise held, and something was there to hold it against. */
export function isProven({ records, emitted, verdicts, problems }: RunResult): boolean {
  const isClean = (['lost', 'duplicated', 'reordered', 'untold'] as const).every((what) => total(verdicts, what) === 0);
  const isChecked = emitted.length > 0 && verdicts.length > 0 && records.some(({ struck }) => struck);
  return isClean && isChecked && problems.length === 0 && verdicts.every(({ strange }) => strange.length === 0);
}

export function jsonLine({ engine, nodes, seed, seconds, records, emitted, verdicts }: RunResult): string {
  const kinds = kindsOn(engine).map((kind) => [
    kind,
    struck(records).filter(({ fault }) => fault.kind === kind).length,
  ]);
  return JSON.stringify({
    chaos: true,
    engine,
    nodes,
    seed,
    seconds,
    faults: Object.fromEntries(kinds),
    events: emitted.length,
    lost: total(verdicts, 'lost'),
    duplicated: total(verdicts, 'duplicated'),
    reordered: total(verdicts, 'reordered'),
    untold: total(verdicts, 'untold'),
    recoveryMs: percentiles(recoveries(struck(records))),
  });
}

export function table({ engine, records, emitted }: RunResult): string {
  const header = ['fault', 'planned', 'struck', 'events meanwhile', 'recovery p50 ms', 'p99 ms', 'worst ms'];
  const rows = kindsOn(engine).map((kind) =>
    row(
      kind,
      records.filter(({ fault }) => fault.kind === kind),
      emitted,
    ),
  );
  const all = [header, ...rows, row('all', records, emitted)];
  const widths = header.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all
    .map((cells) =>
      cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}

/** Which kinds of faults did nothing in this run. */
export function notStruck({ engine, records }: RunResult): string {
  const hit = new Set(struck(records).map(({ fault }) => fault.kind));
  const missed = kindsOn(engine).filter((kind) => !hit.has(kind));
  return `not struck: ${missed.length === 0 ? 'none' : missed.join(', ')}`;
}

/** What the run comes to, in words. @param plant the bug that it had to find */
export function conclusion(result: RunResult, plant: string | undefined): string {
  if (isProven(result)) return plant === undefined ? 'passed' : `failed: the planted bug ${plant} was not found`;
  if (plant !== undefined) return 'failed, as it must';
  const { records, emitted, verdicts, problems } = result;
  const counts = (['lost', 'untold', 'duplicated', 'reordered'] as const)
    .map((what) => [what, total(verdicts, what)] as const)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  const strange = verdicts.reduce((sum, verdict) => sum + verdict.strange.length, 0);
  const isChecked = emitted.length > 0 && verdicts.length > 0 && struck(records).length > 0;
  const reasons = [
    ...counts,
    ...(strange > 0 ? [`${strange} strange`] : []),
    ...(problems.length > 0 ? [`${problems.length} problems`] : []),
    ...(isChecked ? [] : ['nothing was checked']),
  ];
  return `failed: ${reasons.join(', ')}`;
}

function row(name: string, planned: readonly FaultRecord[], emitted: readonly number[]): string[] {
  const records = struck(planned);
  const times = recoveries(records);
  const { p50, p99 } = percentiles(times);
  const meanwhile = records.reduce(
    (sum, { began, recovered = Infinity }) => sum + before(emitted, recovered) - before(emitted, began),
    0,
  );
  const worst = times.length === 0 ? null : Math.max(...times);
  return [name, planned.length, records.length, meanwhile, p50, p99, worst].map((cell) =>
    cell === null ? '-' : String(cell),
  );
}

function struck(records: readonly FaultRecord[]): FaultRecord[] {
  return records.filter((record) => record.struck);
}

function recoveries(records: readonly FaultRecord[]): number[] {
  return records.flatMap(({ ended, recovered }) =>
    ended === undefined || recovered === undefined ? [] : [recovered - ended],
  );
}

/** How many of sorted times lie before one. */
function before(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Nearest rank; null without any. */
export function percentiles(values: readonly number[]): { p50: number | null; p99: number | null } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: at(0.5), p99: at(0.99) };
}
