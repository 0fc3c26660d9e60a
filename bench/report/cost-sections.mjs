import { barChart } from '../kit/svg.mjs';
import { table, thousands } from './report.mjs';

export function throughputSection(report) {
  return report.section('throughput', 'Frames through a relay', ({ oneToOne, fanOut10, bytes }) => {
    const compared = { 'one client': oneToOne, 'ten clients': fanOut10 };
    const note = `Frames of ${bytes} bytes that clients got in a second; more is better.`;
    const file = report.pairChart('throughput', 'Frames through a relay', note, compared, thousands);
    const rows = Object.entries(compared).map(([label, { ours, bare, ratio, cpuUsPerFrame }]) => [
      label,
      thousands(ours),
      thousands(bare),
      ratio,
      cpuUsPerFrame.ours,
      cpuUsPerFrame.bare,
    ]);
    const head = ['', 'ours frames/s', 'bare frames/s', 'ratio', 'ours CPU µs/frame', 'bare CPU µs/frame'];
    return `![Frames a second](performance/${file})\n\n${table(head, rows)}`;
  });
}

export function memorySection(report) {
  return report.section('memory', 'Memory of what is idle', ({ perPair, perClient, pairs }) => {
    const compared = { 'a listener pair': perPair, 'a client': perClient };
    const note = `Resident bytes each in the server's process, of ${thousands(pairs)}; two sockets each; less is better.`;
    const file = report.pairChart('memory', 'Memory of what is idle', note, compared, thousands);
    const rows = Object.entries(compared).map(([label, { ours, bare, ratio }]) => [
      label,
      thousands(ours),
      thousands(bare),
      ratio,
    ]);
    return `![Bytes](performance/${file})\n\n${table(['', 'ours bytes', 'bare bytes', 'ratio'], rows)}`;
  });
}

export function emitSection(report) {
  const labels = { bare: 'JSON.stringify and `ws`', memory: 'emit, journal in memory', disk: 'emit, journal on disk' };
  return report.section('emit', 'From emit to the socket', (result) => {
    const groups = Object.entries(labels).map(([arm, label]) => ({
      label: label.replaceAll('`', ''),
      bars: [{ label: '', value: result[arm].nsPerFrame, kind: arm === 'bare' ? 'bare' : 'ours' }],
    }));
    const note = `Time the listener's event loop is busy with one event of ${result.bytes} bytes of text; less is better.`;
    const chart = { title: 'From emit to the socket', note, groups, format: (ns) => `${thousands(ns)} ns` };
    const file = report.draw('emit', barChart(chart));
    const rows = Object.entries(labels).map(([arm, label]) => [
      label,
      thousands(result[arm].nsPerFrame),
      result[arm].ratio ?? 1,
      thousands(result[arm].cpuNsPerFrame),
    ]);
    const head = ['', 'busy ns/frame', 'ratio', 'CPU ns/frame, all threads'];
    return `![Nanoseconds](performance/${file})\n\n${table(head, rows)}`;
  });
}

export function journalSection(report) {
  return report.section('journal', 'What commits do to the event loop', ({ arms, rate, bytes }) => {
    const head = ['arm', 'loop p50 ms', 'p99', 'p99.9', 'max', 'commit p50 ms', 'p99'];
    const rows = arms.map(({ arm, loopMs, commitMs }) => [arm, ...Object.values(loopMs), commitMs.p50, commitMs.p99]);
    return `${thousands(rate)} events of ${bytes} bytes a second.\n\n${table(head, rows)}`;
  });
}
