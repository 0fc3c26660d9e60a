import type { RunResult } from './report.js';

const SHOWN = 10;

/** What went wrong, for whoever looks for the cause: times are seconds since the first event. */
export function describeFailures({ verdicts, problems, records, emitted }: RunResult): string[] {
  const start = emitted.reduce((first, at) => Math.min(first, at), Infinity);
  const seconds = (at: number): string => ((at - start) / 1_000).toFixed(2);
  const strange = verdicts.flatMap((verdict) => verdict.strange);
  const missing = verdicts.flatMap((verdict) => verdict.missing).toSorted((a, b) => a.at - b.at);
  const lost = missing.slice(0, SHOWN).map(({ number, runtime, epoch, seq, at }) => {
    const around = records.filter(({ began, recovered = Infinity }) => began <= at && at <= recovered);
    const faults = around.map(({ fault, began }) => `${fault.kind}@${seconds(began)}`).join(' ');
    return `lost: number ${number} of runtime ${runtime} (${epoch}:${seq}), emitted at ${seconds(at)}, during ${faults || 'no fault'}`;
  });
  const more = missing.length > SHOWN ? [`… and ${missing.length - SHOWN} more`] : [];
  return [...problems, ...strange.slice(0, SHOWN).map((text) => `strange: ${text}`), ...lost, ...more];
}
