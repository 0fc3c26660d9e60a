import type { Verdict } from './comparison.js';
import type { FaultRecord } from './fault-record.js';
import { FAULT_KINDS } from './fault-schedule.js';

/** What a run comes to. */
export interface RunResult {
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

export function jsonLine({ seed, seconds, records, emitted, verdicts }: RunResult): string {
  const kinds = FAULT_KINDS.map((kind) => [kind, struck(records).filter(({ fault }) => fault.kind === kind).length]);
  return JSON.stringify({
    chaos: true,
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

export function table({ records, emitted }: RunResult): string {
  const header = ['fault', 'count', 'events meanwhile', 'recovery p50 ms', 'p99 ms', 'worst ms'];
  const rows = FAULT_KINDS.map((kind) =>
    row(
      kind,
      struck(records).filter(({ fault }) => fault.kind === kind),
      emitted,
    ),
  );
  const all = [header, ...rows, row('all', struck(records), emitted)];
  const widths = header.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  return all
    .map((cells) =>
      cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
    )
    .join('\n');
}

function row(name: string, records: readonly FaultRecord[], emitted: readonly number[]): string[] {
  const times = recoveries(records);
  const { p50, p99 } = percentiles(times);
  const meanwhile = records.reduce(
    (sum, { began, recovered = Infinity }) => sum + before(emitted, recovered) - before(emitted, began),
    0,
  );
  const worst = times.length === 0 ? null : Math.max(...times);
  return [name, records.length, meanwhile, p50, p99, worst].map((cell) => (cell === null ? '-' : String(cell)));
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
