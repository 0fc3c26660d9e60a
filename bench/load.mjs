// Thousands of listeners and clients on one relay: how fast they connect, what they cost at rest and under a steady load, how fast commands
// are answered meanwhile, and what happens when all of them have to come back at once (reliability C25): the relay is killed and started
// again, or their sockets are cut. Every event is numbered, and its client checks that it comes once and in order. Beside it, for what connecting
// and holding cost: a `ws` server that understands nothing.
// Run after `npm run build`: npm run --silent bench:load [-- --listeners 5000 --clients 5000 --seconds 60]
//   --streams 1000      listeners whose runtime says something, every --every-ms 1000, of --bytes 200
//   --commands 50       a second, of all clients together
//   --cut relay         what brings everybody back at once: `relay` (killed, started again) or `sockets` (cut by the far end)
//   --bare true         also the server that understands nothing
//   --profile DIRECTORY CPU profiles of the relay
import { execFileSync } from 'node:child_process';
import { setTimeout as after } from 'node:timers/promises';
import { temporaryDirectory } from './kit/at-exit.mjs';
import { Crowds, OPEN_MS } from './kit/crowds.mjs';
import { observeMachine, printResult, printTable, progress, quantile, round } from './kit/figures.mjs';
import { NO_LIMITS } from './kit/no-limits.mjs';
import { readOptions } from './kit/options.mjs';
import { endProgress } from './kit/progress-line.mjs';
import { startProgram, startRelay } from './kit/programs.mjs';

/** Of a listener, and of a client. */
const SOCKETS = 2;
/** Files of a process that are no sockets of the bench's: its own, and connections that registered a moment ago. */
const OTHER_FILES = 100;
const MIB = 1024 * 1024;
const BACK_MS = 120_000;
const ARRIVE_MS = 60_000;
/** Until what connecting leaves behind is over. */
const SETTLE_MS = 6_000;
/** How long CPU time is measured while nobody says anything. */
const REST_MS = 5_000;
/** After everybody is back: are commands as fast as before? */
const AFTER_MS = 10_000;
const SAMPLE_MS = 1_000;
const options = readOptions({
  listeners: 5_000,
  clients: 5_000,
  seconds: 60,
  streams: 1_000,
  'every-ms': 1_000,
  bytes: 200,
  commands: 50,
  cut: 'relay',
  bare: 'true',
  profile: '',
});
const { listeners, seconds, everyMs, bytes, commands, cut, bare, profile } = options;
const files = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).replace('unlimited', 'Infinity'));
/** As many as asked for, or as there are files left for. */
const clients = Math.min(options.clients, Math.floor((files - OTHER_FILES) / SOCKETS) - listeners);
const streams = Math.min(options.streams, listeners, clients);
if (clients < options.clients * 0.9) {
  const needed = SOCKETS * (listeners + options.clients) + OTHER_FILES;
  progress(
    `One process may open ${files} files here, and the relay needs ${needed}: raise it (ulimit -Hn ${needed}), or take fewer.`,
  );
  process.exit(1);
}
if (clients < options.clients) progress(`${clients} clients: one process may open ${files} files here, no more.`);
if (cut !== 'relay' && cut !== 'sockets') {
  progress(`--cut must be relay or sockets, not "${cut}".`);
  process.exit(2);
}

const CROWD = { listeners, clients, streams, everyMs, commands, bytes };
const FLAGS = ['--expose-gc', ...(profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])];
const directory = temporaryDirectory();
const startOurs = (port = 0) => startRelay(directory, { port, flags: FLAGS, args: NO_LIMITS });

/** What a server has used of its processors while something went on. */
async function used(server, work) {
  await server.ask('usage');
  const begun = performance.now();
  const result = await work;
  const { cpuUs, loopUs } = await server.ask('usage', {}, OPEN_MS);
  const tookUs = (performance.now() - begun) * 1_000;
  return { result, cpuPercent: Math.round((cpuUs / tookUs) * 100), loopPercent: Math.round((loopUs / tookUs) * 100) };
}

/** Opens all listeners, then all clients. @returns how fast, and what they cost the server */
async function open(server, crowds) {
  const before = await server.ask('memory');
  const opened = {};
  for (const [what, ask, count] of [
    ['listeners', 'openListeners', listeners],
    ['clients', 'openClients', clients],
  ]) {
    const work = crowds.during(`opening ${what}`, crowds.ask(ask));
    const { result, cpuPercent } = await used(server, work);
    const perSecond = Math.round((count * 1_000) / result.tookMs);
    endProgress(`${count} ${what} in ${round(result.tookMs / 1_000, 1)} s: ${perSecond} a second`);
    await after(SETTLE_MS);
    const memory = await server.ask('memory');
    opened[what] = { perSecond, cpuPercent, memory };
  }
  const grown = (from, to, count) => ({
    rss: Math.round((to.rss - from.rss) / count),
    heap: Math.round((to.heapUsed - from.heapUsed) / count),
  });
  const { listeners: ofListeners, clients: ofClients } = opened;
  return {
    listenersPerSecond: ofListeners.perSecond,
    clientsPerSecond: ofClients.perSecond,
    cpuPercentWhileOpening: [ofListeners.cpuPercent, ofClients.cpuPercent],
    perListener: grown(before, ofListeners.memory, listeners),
    perClient: grown(ofListeners.memory, ofClients.memory, clients),
    atRest: megabytes(ofClients.memory),
  };
}

function megabytes({ rss, heapUsed }) {
  return { rssMiB: Math.round(rss / MIB), heapMiB: Math.round(heapUsed / MIB) };
}

/** A steady load: what clients see of it, and what the relay needs for it. */
async function steady(relay, crowds, ms) {
  const peak = { rss: 0, heapUsed: 0 };
  const sample = async () => {
    for (const until = performance.now() + ms; performance.now() < until; await after(SAMPLE_MS)) {
      const now = await relay.ask('memoryNow');
      for (const field of Object.keys(peak)) peak[field] = Math.max(peak[field], now[field]);
    }
  };
  await crowds.measured();
  const { result, cpuPercent, loopPercent } = await used(relay, crowds.during('steady load', sample()));
  const { events, commands: trips, delays, wrong } = await crowds.measured();
  return {
    eventsPerSecond: Math.round((events * 1_000) / result.tookMs),
    commands: trips,
    eventDelay: delays,
    cpuPercent,
    loopPercent,
    peak: megabytes(peak),
    wrong,
  };
}

/** Everybody loses the relay at once. @returns how they came back */
async function comeBack(relay, crowds) {
  const since = Date.now();
  let server = relay;
  let downMs = 0;
  if (cut === 'relay') {
    await relay.kill();
    server = await startOurs(Number(new URL(relay.url).port));
    downMs = Date.now() - since;
    endProgress(`relay killed, and there again after ${round(downMs / 1_000, 1)} s`);
  } else await crowds.ask('cut');
  const work = crowds.during('coming back', crowds.ask('back', { since, withinMs: BACK_MS }, BACK_MS + OPEN_MS));
  const { result, cpuPercent } = await used(server, work);
  const returned = await crowds.ask('returns', { since });
  const { commands: trips, wrong } = await crowds.measured();
  const at = (field) => returned.flatMap((part) => part[field]).map((time) => time - since);
  const times = [...at('listeners'), ...at('clients')].toSorted((a, b) => a - b);
  const seconds = (q) => round(quantile(times, q) / 1_000, 1);
  endProgress(`all back after ${seconds(1)} s`);
  return {
    server,
    figures: {
      areAllBack: result.result.every(Boolean),
      downS: round(downMs / 1_000, 1),
      backS: { first: seconds(0), p50: seconds(0.5), p90: seconds(0.9), p99: seconds(0.99), all: seconds(1) },
      backInBusiestSecond: busiest(times),
      attempts: at('attempts').length,
      attemptsInBusiestSecond: busiest(at('attempts').toSorted((a, b) => a - b)),
      cpuPercent,
      commands: trips,
      wrong,
    },
  };
}

/** The most of these moments that lie within one second. */
function busiest(sorted) {
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while (sorted[last] - sorted[first] >= 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

async function measureOurs() {
  const relay = await startOurs();
  const crowds = await Crowds.start(CROWD, { server: relay.url, plain: false });
  const opened = await open(relay, crowds);
  const rest = await used(relay, crowds.during('at rest', after(REST_MS)));
  await crowds.ask('start');
  const before = await steady(relay, crowds, seconds * 1_000);
  endProgress(`steady: ${before.eventsPerSecond} events a second, commands p99 ${before.commands.p99Ms} ms`);
  const { server, figures: back } = await comeBack(relay, crowds);
  const later = await steady(server, crowds, AFTER_MS);
  const ends = await crowds.during('what is under way', crowds.ask('stop', { withinMs: ARRIVE_MS }, OPEN_MS));
  const { wrong } = await crowds.measured();
  await after(SETTLE_MS);
  const memory = megabytes(await server.ask('memory'));
  const sum = (field) => ends.result.reduce((total, part) => total + part[field], 0);
  await crowds.stop();
  await server.stop();
  return {
    opened,
    rest: { cpuPercent: rest.cpuPercent, loopPercent: rest.loopPercent },
    before,
    back,
    after: { ...later, memory },
    events: {
      emitted: sum('emitted'),
      missing: sum('missing'),
      ...total(before.wrong, back.wrong, later.wrong, wrong),
    },
  };
}

/** What went wrong with events, over all phases; `lost`, `repeated` and the like are 0 where nothing did. */
function total(...phases) {
  const of = (kind) => phases.reduce((sum, wrong) => sum + (wrong[kind] ?? 0), 0);
  const kinds = ['lost', 'repeated', 'toldMissing', 'unrecovered', 'unanswered', 'failedCommands'];
  return Object.fromEntries(kinds.map((kind) => [kind, of(kind)]));
}

async function measureBare() {
  const server = await startProgram('forwarder', {}, { flags: ['--expose-gc'] });
  const crowds = await Crowds.start(CROWD, { server: server.ready, plain: true });
  const opened = await open(server, crowds);
  await crowds.stop();
  await server.stop();
  return opened;
}

const machine = observeMachine();
progress(`ours: ${listeners} listeners, ${clients} clients, ${SOCKETS} sockets each`);
const ours = await measureOurs();
if (bare === 'true') progress('bare: the same sockets');
const plain = bare === 'true' ? await measureBare() : undefined;

console.log(
  `${listeners} listeners and ${clients} clients on one relay; ${streams} of them say something every ${everyMs} ms.\n`,
);
const openedRow = (name, { listenersPerSecond, clientsPerSecond, perListener, perClient, atRest }) => [
  name,
  listenersPerSecond,
  clientsPerSecond,
  perListener.rss,
  perClient.rss,
  atRest.rssMiB,
];
printTable(
  ['', 'listeners/s', 'clients/s', 'bytes/listener', 'bytes/client', 'at rest MiB'],
  [openedRow('ours', ours.opened), ...(plain ? [openedRow('bare', plain)] : [])],
);
const steadyRow = (name, { eventsPerSecond, commands: trips, eventDelay, cpuPercent, peak }) => [
  name,
  eventsPerSecond,
  trips.p50Ms,
  trips.p99Ms,
  eventDelay.p50Ms,
  eventDelay.p99Ms,
  cpuPercent,
  peak.rssMiB,
];
printTable(
  ['', 'events/s', 'command p50 ms', 'p99', 'event p50 ms', 'p99', 'CPU %', 'peak MiB'],
  [steadyRow('before', ours.before), steadyRow('after', ours.after)],
);
const { back, events } = ours;
printTable(
  ['down s', 'half back s', '99 %', 'all', 'back in the busiest second', 'attempts', 'in the busiest second'],
  [
    [
      back.downS,
      back.backS.p50,
      back.backS.p99,
      back.backS.all,
      back.backInBusiestSecond,
      back.attempts,
      back.attemptsInBusiestSecond,
    ],
  ],
);
printTable(Object.keys(events), [Object.values(events)]);
const isWhole = back.areAllBack && events.missing + events.lost + events.repeated + events.failedCommands === 0;
if (!isWhole) {
  progress('Not everything arrived, or not everybody came back: see above.');
  process.exitCode = 1;
}
printResult({
  bench: 'load',
  listeners,
  clients,
  streams,
  everyMs,
  bytes,
  commandsPerSecond: commands,
  cut,
  isWhole,
  ours,
  ...(plain && { bare: plain }),
  machine: machine(),
});
