import { round } from '../kit/figures.mjs';
import { consoleSection } from './console-section.mjs';
import { emitSection, journalSection, memorySection, throughputSection } from './cost-sections.mjs';
import { fairnessSection, latencySection } from './latency-sections.mjs';
import { loadSection } from './load-section.mjs';
import { rollingSection } from './rolling-section.mjs';
import { LATENCIES } from './runs.mjs';
import { scaleSection } from './scale-section.mjs';

/**
 * The whole page, in Markdown; draws its charts.
 *
 * @param quick whether the runs were too short to prove anything
 */
export function pageOf(report, { at, quick }) {
  const { machine } = Object.values(report.results).find((result) => result.machine) ?? {};
  const about = machine
    ? `${machine.cores} × ${machine.cpu}, ${round(machine.memoryGiB, 0)} GiB, Linux ${machine.kernel}, Node ${machine.node}`
    : 'unknown';
  const parts = [
    '# Performance',
    `Written by \`npm run bench:report\` on ${at}; the figures themselves: [results.json](performance/results.json). Every bench compares arms
within one run on one machine: read the ratios, not the absolute figures.`,
    `Machine: ${about}.${quick ? ' **A short run (`--quick`): these figures prove nothing.**' : ''}`,
    '## Control while the stream runs flat out',
    `A small command every 50 ms from a client on the relay's host to the listener and back, while the listener streams without limit over an uplink
whose router queues deeply. \`one-socket-watermark\` and \`split-watermark\` are plain \`ws\` programs that pause the stream at 512 KiB
of \`bufferedAmount\`; \`legacy\` and \`split\` are the real listener and relay, over one socket and over two; \`idle\` has no stream.`,
    ...Object.keys(LATENCIES).map((name) => latencySection(report, name)),
    '## Fair shares',
    fairnessSection(report),
    '## What it costs',
    throughputSection(report),
    memorySection(report),
    emitSection(report),
    journalSection(report),
    '## A relay for thousands',
    loadSection(report),
    '## Many nodes',
    scaleSection(report),
    rollingSection(report),
    '## The console',
    consoleSection(report),
    '## What bounds these figures',
    `**Loopback.** Nothing holds the stream back but the processors, which are full. Traced over 15 s at 406 Mbit/s, on the two cores of this machine:

| process | main loop runs | waits for a processor | collectors' threads run | SQLite's thread runs | young collections, p50 / max |
|---|---|---|---|---|---|
| listener | 7.4 s | 5.1 s | 1.4 s | | 3.0 / 16.5 ms |
| relay | 8.6 s | 6.5 s | 2.3 s | 4.2 s | 2.8 / 11.5 ms |
| client | 4.5 s | 4.7 s | 0.5 s | | 1.2 / 11.0 ms |

A command passes four turns of an event loop, two of them the relay's. Of the slowest twentieth (23.9 ms) it waits 16.4 ms until the relay reads, on the
way there and back, 2.8 ms for the listener and 2.6 ms for the client; the work on it takes 2 ms. 5.2 ms of the wait are the relay's collections, the rest
turns that are under way and other threads: who is ready to run waits nearly as long as it runs. In a profile of the relay's loop libsql's copy of each
commit takes a fifth, writing to sockets a sixth, garbage collection and \`ws\` a tenth each; journal, Node, channel and routing most of the rest. With a
window so small that the processors are not full (18 Mbit/s) the 99th percentile is 9 ms. Since that trace 64 KiB stand in the window for 5 ms of so high a
rate: in three pairs the median fell from 9.0, 14.4 and 8.3 ms to 4.3, 6.8 and 3.9, the 99th percentile from 23.6, 45.3 and 43.0 to 26.0, 27.9 and 27.0. With 96 KiB instead of 256 that producers
are ahead of their socket, two more pairs showed 92.1 and 28.5 ms before, 24.6 and 15.0 after.
To see by whom a turn is taken: add \`--profile DIRECTORY\` to \`bench:latency -- --mbit 0 --arms split\`, then
\`node bench/profile.mjs DIRECTORY/FILE.cpuprofile\`; how long each thread runs and waits for a processor: \`/proc/PID/task/*/schedstat\`.`,
    `**One to one.** The relay's event loop spends about as long on a frame as the bare forwarder's, which pays one system call for each; SQLite's thread and
the collectors come on top, on the same cores. In the loop: garbage collection a fifth, then \`ws\`, the journal, writes to sockets, Node's streams, channel
and protocol with about a tenth each.`,
    `**Memory.** What a pair holds beside its two sockets: the environment's state in the relay (lease, requests, terminals, subscriptions), the numbering of
each socket, what Node keeps of each upgrade, and what access holds on to: who opened a socket, when that ends, and the places that it takes.`,
    `**The page.** A browser spends about 50 µs on each message of a WebSocket, whatever is in it: 20,000 frames of 400 bytes took a page that did nothing but
parse them 1.0 to 1.3 s as messages of their own, 0.24 s ten to a message, and 0.1 s fifty to a message. So what leaves in one go shares messages of up to 8 KiB.
On a new burst the rate at which the page is sent to still rises for a while: it reads once a picture, and the window holds little more than 5 ms of its rate.`,
    '## Run it yourself',
    `\`npm run build\`, then \`npm run bench:report\` (\`-- --quick\` for a short one). Bottlenecks are network namespaces that the bench makes and removes: they need
root and iproute2. Memory and load need open files: \`ulimit -n 20000\`; many nodes need nats-server.`,
  ];
  return `${parts.join('\n\n')}\n`;
}
