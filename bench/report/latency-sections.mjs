import { distributionChart } from '../kit/svg.mjs';
import { table } from './report.mjs';
import { LATENCIES } from './runs.mjs';

const OURS = new Set(['idle', 'legacy', 'split']);

export function latencySection(report, name) {
  return report.section(name, LATENCIES[name], ({ arms }) => {
    const rows = Object.entries(arms).map(([label, { quantilesMs }]) => ({
      label,
      kind: OURS.has(label) ? 'ours' : '',
      at: (wanted) => Math.max(0.1, quantilesMs.find(([quantile]) => quantile === wanted)[1]),
    }));
    const note = '10th to 90th percentile, the median in it, a line to the 99th; logarithmic.';
    const file = report.draw(`latency-${name}`, distributionChart({ title: LATENCIES[name], note, rows, unit: 'ms' }));
    const figures = Object.entries(arms).map(([label, arm]) => [
      OURS.has(label) ? `**${label}**` : label,
      arm.p50Ms,
      arm.p99Ms,
      arm.maxMs,
      arm.unanswered,
      arm.streamMbit,
    ]);
    const head = ['arm', 'p50 ms', 'p99 ms', 'max ms', 'unanswered', 'stream Mbit/s'];
    return `![Round trips by arm](performance/${file})\n\n${table(head, figures)}`;
  });
}

export function fairnessSection(report) {
  return report.section('fairness', 'One runtime beside others that flood', ({ arms, fair }) => {
    const rows = Object.entries(arms).map(([label, { p50Ms, p99Ms, floodMbit, closed }]) => [
      label,
      p50Ms,
      p99Ms,
      fair[label]?.boundMs ?? '',
      floodMbit,
      closed,
    ]);
    const head = ['arm', 'p50 ms', 'p99 ms', '2 × alone + 20 ms', 'floods Mbit/s', 'closed'];
    const about = `How long an event of a quiet runtime is under way, alone and beside one or eight of the same device that flood (reliability
C16), over an uplink of 20 Mbit/s with a queue of 1 s. Nobody is closed for being busy.`;
    return `${about}\n\n${table(head, rows)}`;
  });
}
