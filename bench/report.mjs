// Runs every bench, and writes what they found: docs/performance.md, with charts and the figures themselves in docs/performance/.
// Run after `npm run build`, as root (for the bottlenecks): npm run bench:report [-- --quick] [-- --only NAMES] [-- --redraw]
//   --quick   short runs, to see that all of it works
//   --only    some of the runs, by name (uplink20,memory); the other figures stay as docs/performance/results.json has them
//   --redraw  no runs: writes the page again from there
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { atExit } from './kit/at-exit.mjs';
import { progress, round } from './kit/figures.mjs';
import { readOptions } from './kit/options.mjs';
import { barChart, distributionChart } from './kit/svg.mjs';

const { quick, only, redraw } = readOptions({ quick: false, only: '', redraw: false });
const here = path.dirname(fileURLToPath(import.meta.url));
const page = path.join(here, '../docs/performance.md');
const directory = path.join(here, '../docs/performance');
const resultsFile = path.join(directory, 'results.json');

const latency = (options, seconds = 60) => ['latency', `${options} --seconds ${quick ? 5 : seconds}`];
/** By name: which bench, and its options. */
const RUNS = {
  uplink20: latency('--mbit 20 --queue-ms 1000'),
  uplink100: latency('--mbit 100 --queue-ms 1000', 30),
  uplink5: latency('--mbit 5 --queue-ms 200', 30),
  loopback: latency('--mbit 0', 20),
  shared: latency('--mbit 20 --queue-ms 1000 --listeners 4 --arms split-watermark,split', 30),
  fairness: ['fairness', `--mbit 20 --queue-ms 1000 --seconds ${quick ? 5 : 20}`],
  throughput: ['throughput', quick ? '--rounds 1 --seconds 1' : '--rounds 7 --seconds 4'],
  memory: ['memory', `--pairs ${quick ? 500 : 5_000}`],
  load: [
    'load',
    quick ? '--listeners 300 --clients 300 --streams 100 --seconds 5' : '--listeners 5000 --clients 5000 --seconds 60',
  ],
  emit: ['emit', quick ? '--rounds 1 --frames 20000' : '--rounds 7 --frames 100000'],
  console: ['console', quick ? '--rounds 2 --seconds 2' : '--rounds 15 --seconds 10'],
  journal: ['journal', quick ? '--rounds 1 --seconds 1' : '--rounds 3 --seconds 5'],
};
const LATENCIES = {
  uplink20: '20 Mbit/s, a queue of 1 s',
  uplink100: '100 Mbit/s, a queue of 1 s',
  uplink5: '5 Mbit/s, a queue of 200 ms',
  loopback: 'Loopback, no bottleneck',
  shared: '20 Mbit/s, a queue of 1 s, four listeners that stream',
};
const OURS = new Set(['idle', 'legacy', 'split']);

/** @returns the last line of its output; undefined where it could not run, and has said why */
async function run(name) {
  const [bench, options] = RUNS[name];
  progress(`== bench:${bench} ${options}`);
  const args = [path.join(here, `${bench}.mjs`), ...options.split(' ')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const undo = atExit(() => child.kill('SIGTERM'));
  let out = '';
  child.stdout.on('data', (part) => (out += part));
  const [code] = await once(child, 'close');
  undo();
  if (code !== 0) return undefined;
  process.stdout.write(out);
  return JSON.parse(out.trimEnd().split('\n').at(-1));
}

async function measureAll() {
  const before = existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')).results : {};
  const measured = { at: new Date().toISOString().slice(0, 10), quick, results: only === '' ? {} : before };
  for (const name of only === '' ? Object.keys(RUNS) : only.split(',')) {
    if (!(name in RUNS)) throw new Error(`There is no run ${name}; there are ${Object.keys(RUNS).join(', ')}.`);
    const result = await run(name);
    if (result) measured.results[name] = result;
  }
  mkdirSync(directory, { recursive: true });
  writeFileSync(resultsFile, `${JSON.stringify(measured, null, 2)}\n`);
  return measured;
}

function draw(name, svg) {
  const file = `${name}.svg`;
  writeFileSync(path.join(directory, file), svg);
  return file;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function command(name) {
  const [bench, options] = RUNS[name];
  return `npm run --silent bench:${bench} -- ${options}`;
}

/** A section; one that was not measured says so. */
function section(results, name, title, body) {
  const result = results[name];
  const text = result ? `${body(result)}\n\n${busy(result)}` : 'Not measured in this run.';
  return `### ${title}\n\n${text}\n\n\`${command(name)}\``;
}

function busy({ machine }) {
  return machine ? `The machine was ${machine.busyPercent} % busy meanwhile, benches included.` : '';
}

function latencySection(results, name) {
  return section(results, name, LATENCIES[name], ({ arms }) => {
    const rows = Object.entries(arms).map(([label, { quantilesMs }]) => ({
      label,
      kind: OURS.has(label) ? 'ours' : '',
      at: (wanted) => Math.max(0.1, quantilesMs.find(([quantile]) => quantile === wanted)[1]),
    }));
    const note = '10th to 90th percentile, the median in it, a line to the 99th; logarithmic.';
    const file = draw(`latency-${name}`, distributionChart({ title: LATENCIES[name], note, rows, unit: 'ms' }));
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

function fairnessSection(results) {
  return section(results, 'fairness', 'One runtime beside others that flood', ({ arms, fair }) => {
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

function pairChart(name, title, note, compared, format, names = { ours: 'ours', bare: 'bare' }) {
  const groups = Object.entries(compared).map(([label, { ours, bare }]) => ({
    label,
    bars: [
      { label: names.ours, value: ours, kind: 'ours' },
      { label: names.bare, value: bare, kind: 'bare' },
    ],
  }));
  return draw(name, barChart({ title, note, groups, format }));
}

const thousands = (value) => Math.round(value).toLocaleString('en');

function throughputSection(results) {
  return section(results, 'throughput', 'Frames through a relay', ({ oneToOne, fanOut10, bytes }) => {
    const compared = { 'one client': oneToOne, 'ten clients': fanOut10 };
    const note = `Frames of ${bytes} bytes that clients got in a second; more is better.`;
    const file = pairChart('throughput', 'Frames through a relay', note, compared, thousands);
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

function memorySection(results) {
  return section(results, 'memory', 'Memory of what is idle', ({ perPair, perClient, pairs }) => {
    const compared = { 'a listener pair': perPair, 'a client': perClient };
    const note = `Resident bytes each in the server's process, of ${thousands(pairs)}; two sockets each; less is better.`;
    const file = pairChart('memory', 'Memory of what is idle', note, compared, thousands);
    const rows = Object.entries(compared).map(([label, { ours, bare, ratio }]) => [
      label,
      thousands(ours),
      thousands(bare),
      ratio,
    ]);
    return `![Bytes](performance/${file})\n\n${table(['', 'ours bytes', 'bare bytes', 'ratio'], rows)}`;
  });
}

function loadSection(results) {
  return section(results, 'load', 'All of them come back at once', (result) => {
    const { listeners, clients, streams, everyMs, bytes, commandsPerSecond, ours, bare } = result;
    const { opened, rest, before, back, after, events } = ours;
    const openedRow = (name, of) => [
      name,
      thousands(of.listenersPerSecond),
      thousands(of.clientsPerSecond),
      thousands(of.perListener.rss),
      thousands(of.perClient.rss),
      thousands(of.atRest.rssMiB),
    ];
    const openedRows = [openedRow('ours', opened), ...(bare ? [openedRow('bare', bare)] : [])];
    const openedHead = ['', 'listeners/s', 'clients/s', 'bytes/listener', 'bytes/client', 'all at rest, MiB'];
    const loadRow = (name, { eventsPerSecond, commands, eventDelay, cpuPercent, peak }) => [
      name,
      thousands(eventsPerSecond),
      commands.p50Ms,
      commands.p99Ms,
      eventDelay.p50Ms,
      eventDelay.p99Ms,
      cpuPercent,
      thousands(peak.rssMiB),
    ];
    const loadHead = ['', 'events/s', 'command p50 ms', 'p99', 'event p50 ms', 'p99', 'CPU %', 'most MiB'];
    const backHead = ['relay gone s', 'half back after s', '99 %', 'all', 'in the busiest second', 'attempts'];
    const backRow = [
      back.downS,
      back.backS.p50,
      back.backS.p99,
      back.backS.all,
      thousands(back.backInBusiestSecond),
      thousands(back.attempts),
    ];
    const about = `${thousands(listeners)} listeners and ${thousands(clients)} clients on one relay, two sockets each, each client at a listener of its own; ${thousands(streams)}
runtimes say ${bytes} bytes every ${thousands(everyMs)} ms, and ${commandsPerSecond} commands a second go to a listener and back. They are opened one after the other, by two processes on the same
cores; a listener also registers. Bytes are resident, and contain what a server learns once. At rest the relay uses ${rest.cpuPercent} % of one processor.`;
    const cut = `Then the relay is killed (\`kill -9\`) and started again at once; everybody comes back as listeners and clients do, with full jitter from 1 s up to 30 s
(reliability C25). Listeners go on saying things meanwhile, and each client checks the number of every event: of ${thousands(events.emitted)} events ${events.lost} were lost,
${events.repeated} came twice, ${events.toldMissing} were told as missing; ${events.unanswered} commands were under way when the relay was killed, and have no answer.`;
    return [
      about,
      table(openedHead, openedRows),
      table(loadHead, [loadRow('before', before), loadRow('after', after)]),
      cut,
      table(backHead, [backRow]),
    ].join('\n\n');
  });
}

function emitSection(results) {
  const labels = { bare: 'JSON.stringify and `ws`', memory: 'emit, journal in memory', disk: 'emit, journal on disk' };
  return section(results, 'emit', 'From emit to the socket', (result) => {
    const groups = Object.entries(labels).map(([arm, label]) => ({
      label: label.replaceAll('`', ''),
      bars: [{ label: '', value: result[arm].nsPerFrame, kind: arm === 'bare' ? 'bare' : 'ours' }],
    }));
    const note = `Time the listener's event loop is busy with one event of ${result.bytes} bytes of text; less is better.`;
    const chart = { title: 'From emit to the socket', note, groups, format: (ns) => `${thousands(ns)} ns` };
    const file = draw('emit', barChart(chart));
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

/** What the page did meanwhile, by arm. */
const PAGES = {
  idle: 'nothing',
  elsewhere: 'it shows something else; a client in Node reads the burst',
  burst: 'it shows the burst',
  scrolled: 'it shows the burst, and is scrolled up and down',
};

function consoleSection(results) {
  return section(results, 'console', 'The page', (result) => {
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
    const file = pairChart('console', 'The page', note, Object.fromEntries(compared), thousands, names);
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

function journalSection(results) {
  return section(results, 'journal', 'What commits do to the event loop', ({ arms, rate, bytes }) => {
    const head = ['arm', 'loop p50 ms', 'p99', 'p99.9', 'max', 'commit p50 ms', 'p99'];
    const rows = arms.map(({ arm, loopMs, commitMs }) => [arm, ...Object.values(loopMs), commitMs.p50, commitMs.p99]);
    return `${thousands(rate)} events of ${bytes} bytes a second.\n\n${table(head, rows)}`;
  });
}

function write({ at, quick: wasQuick, results }) {
  const { machine } = Object.values(results).find((result) => result.machine) ?? {};
  const about = machine
    ? `${machine.cores} × ${machine.cpu}, ${round(machine.memoryGiB, 0)} GiB, Linux ${machine.kernel}, Node ${machine.node}`
    : 'unknown';
  const parts = [
    '# Performance',
    `Written by \`npm run bench:report\` on ${at}; the figures themselves: [results.json](performance/results.json). Every bench compares arms
within one run on one machine: read the ratios, not the absolute figures.`,
    `Machine: ${about}.${wasQuick ? ' **A short run (`--quick`): these figures prove nothing.**' : ''}`,
    '## Control while the stream runs flat out',
    `A small command every 50 ms from a client on the relay's host to the listener and back, while the listener streams without limit over an uplink
whose router queues deeply. \`one-socket-watermark\` and \`split-watermark\` are plain \`ws\` programs that pause the stream at 512 KiB
of \`bufferedAmount\`; \`legacy\` and \`split\` are the real listener and relay, over one socket and over two; \`idle\` has no stream.`,
    ...Object.keys(LATENCIES).map((name) => latencySection(results, name)),
    '## Fair shares',
    fairnessSection(results),
    '## What it costs',
    throughputSection(results),
    memorySection(results),
    emitSection(results),
    journalSection(results),
    '## A relay for thousands',
    loadSection(results),
    '## The console',
    consoleSection(results),
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
root and iproute2. Memory and load need open files: \`ulimit -n 20000\`.`,
  ];
  writeFileSync(page, `${parts.join('\n\n')}\n`);
}

const measured = redraw ? JSON.parse(readFileSync(resultsFile, 'utf8')) : await measureAll();
mkdirSync(directory, { recursive: true });
write(measured);
progress(`Written: ${path.relative(process.cwd(), page)}`);
