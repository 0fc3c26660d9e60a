import { round } from '../kit/figures.mjs';
import { barChart } from '../kit/svg.mjs';
import { table, thousands } from './report.mjs';

const THROUGHPUT = {
  embedded: 'one process, no NATS',
  home1: 'one node works, client at the home',
  home2: 'two nodes work',
  home3: 'three nodes work',
  tunnel1: 'one listener, its client behind a tunnel',
  tunnel2: 'two',
  tunnel3: 'three',
};
const PLACES = {
  embedded: 'one process, no NATS',
  home: 'client at the home, 1 copy',
  tunnel: 'client behind a tunnel, 1 copy',
  home3copies: 'client at the home, 3 copies',
  tunnel3copies: 'client behind a tunnel, 3 copies',
};
const LOADS = {
  one: '1 runtime, an event a message',
  many: '256 runtimes, an event a message',
  batches: '16 runtimes, 100 events a message',
};
const COPIES = { nats: '1 copy', nats3copies: '3 copies' };

/** Rows for those that were measured, with what they are called. */
function rowsOf(names, found, row) {
  return Object.entries(names)
    .filter(([name]) => found[name])
    .map(([name, label]) => [label, ...row(found[name])]);
}

export function scaleSection(report) {
  return report.section('scale', 'What nodes cost', ({ throughput, latency, steady, stream, idle, bytes, pairs }) => {
    const groups = rowsOf(THROUGHPUT, throughput, ({ relayCpuUsPerFrame, natsCpuUsPerFrame }) => [
      relayCpuUsPerFrame + natsCpuUsPerFrame,
    ]).map(([label, value]) => ({
      label,
      bars: [{ label: '', value, kind: label === THROUGHPUT.embedded ? 'bare' : 'ours' }],
    }));
    const note = `CPU time for each frame of ${bytes} bytes, of all nodes and NATS together; less is better.`;
    const chart = { title: 'Many nodes', note, groups, format: (us) => `${round(us, 1)} µs`, left: 250 };
    const file = report.draw('scale', barChart(chart));
    const takes = Object.entries(stream.takes).flatMap(([site, loads]) =>
      rowsOf(LOADS, loads, ({ messagesPerSecond, eventsPerSecond, natsCpuUsPerMessage }) => [
        COPIES[site],
        thousands(messagesPerSecond),
        thousands(eventsPerSecond),
        natsCpuUsPerMessage,
      ]),
    );
    const memory = [
      ['a listener', idle.listener],
      ['a client, through a tunnel', idle.tunnelledClient],
    ].map(([label, { embedded, home, other, nats }]) => [label, ...[embedded, home, other, nats].map(thousands)]);
    return [
      `Three nodes over one nats-server, or two over a cluster of three where there are 3 copies, with listeners and clients, **all on the two cores of one machine**: more nodes do
not give more frames here, because there is no processor for them. What carries over to other machines is the processor time for each frame. A frame waits for JetStream before
clients see it. Listeners and clients that send and take as much as they can, each pair at a node of its own:`,
      `![Processor time for each frame](performance/${file})`,
      table(
        ['', 'frames/s', 'CPU µs/frame, nodes', 'NATS'],
        rowsOf(THROUGHPUT, throughput, ({ framesPerSecond, relayCpuUsPerFrame, natsCpuUsPerFrame }) => [
          thousands(framesPerSecond),
          relayCpuUsPerFrame,
          natsCpuUsPerFrame,
        ]),
      ),
      'One listener and one client, an event and a command every 20 ms, nothing else to be done:',
      table(
        ['', 'command and answer p50 ms', 'p99', 'event p50 ms', 'p99'],
        rowsOf(PLACES, latency, ({ control, event }) => [control.p50Ms, control.p99Ms, event.p50Ms, event.p99Ms]),
      ),
      `${thousands(pairs)} listeners that each say a little now and then, each to a client of its own, so that every event is a message of its own:`,
      table(
        ['', 'events/s', 'CPU µs/event, home', 'edge', 'NATS, all servers'],
        rowsOf(PLACES, steady, ({ eventsPerSecond, homeCpuUsPerEvent, edgeCpuUsPerEvent, natsCpuUsPerEvent }) => [
          thousands(eventsPerSecond),
          homeCpuUsPerEvent,
          edgeCpuUsPerEvent,
          natsCpuUsPerEvent,
        ]),
      ),
      `What the stream of histories takes when nothing but it has to be done. Runtimes write at the same time, each one message after the other, as homes do:`,
      table(['', 'copies', 'messages/s', 'events/s', 'NATS CPU µs/message'], takes),
      `Memory in bytes, by which processes grow from ${thousands(idle.from)} to ${thousands(idle.to)}; resident ones of nodes, those in use in the heap of NATS, which lets its heap
grow to twice of that before it collects. Besides NATS remembers of each message of the last two minutes ${thousands(stream.memory.perMessage)} bytes, and of each runtime that has
events ${thousands(stream.memory.perSubject)}.`,
      table(['what is idle', 'one process', 'home', 'another node', 'NATS'], memory),
    ].join('\n\n');
  });
}
