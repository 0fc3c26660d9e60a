import type { RunResult } from './report.js';

const SHOWN = 10;

/** What went wrong, for whoever looks for the cause: times are seconds since the first event. */
export function describeFailures({ verdicts, problems, records, emitted: [start = 0] }: RunResult): string[] {
  const seconds = (at: number): string => ((at - start) / 1_000).toFixed(2);
  const strange = verdicts.flatMap((verdict) => verdict.strange);
  const missing = verdicts.flatMap((verdict) => verdict.missing).toSorted((a, b) => a.at - b.at);
  const lost = missing.map(({ number, runtime, epoch, seq, at }) => {
    const around = records.filter(({ began, recovered = Infinity }) => began <= at && at <= recovered);
    const faults = around.map(({ fault, began }) => `${fault.kind}@${seconds(began)}`).join(' ');
    return `lost: number ${number} of runtime ${runtime} (${epoch}:${seq}), emitted at ${seconds(at)}, during ${faults || 'no fault'}`;
  });
  return [...problems, ...first(strange.map((text) => `strange: ${text}`)), ...first(lost)];
}

/** Several clients miss the same. */
function first(lines: readonly string[]): string[] {
  const unequal = [...new Set(lines)];
  const more = unequal.length - SHOWN;
  return [...unequal.slice(0, SHOWN), ...(more > 0 ? [`… and ${more} more`] : [])];
}
