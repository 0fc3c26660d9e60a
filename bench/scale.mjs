// What many nodes over NATS do and cost, beside one process: frames a second through 1, 2 and 3 nodes, with clients at the home and with clients
// behind a tunnel; how long commands and events are under way; what a steady load of small events costs; what the stream of histories takes; and
// the memory of what is idle. All arms alternate in one run. Read CPU time for each frame rather than frames a second: nodes, NATS, listeners and
// clients share the processors of this machine, and a relay that has one to itself is not to be seen here.
// Run after `npm run build`: npm run --silent bench:scale [-- --parts throughput,latency,steady,stream,idle]
//   --rounds 5 --seconds 4      of each arm of throughput, latency and steady load
//   --bytes 400                 of a frame
//   --pairs 300 --events 600    of the steady load: listeners, each with a client, and events a second of all together
//   --environments 2400         that are idle, a sixth of them to warm up
//   --messages 20000            of one runtime each, in the memory of NATS
//   --arms home1,tunnel1        some of the arms of throughput, latency and steady load
//   --profile DIRECTORY         CPU profiles of the nodes
// 1 GiB of free memory; nats-server as test/kit/install-nats-server.sh installs it.
import { observeMachine, printResult, printTable, progress } from './kit/figures.mjs';
import { readOptions } from './kit/options.mjs';
import { measureIdle } from './scale/idle.mjs';
import { LATENCY_ARMS, measureLatency } from './scale/latency.mjs';
import { Site } from './scale/site.mjs';
import { measureSteady, STEADY_ARMS } from './scale/steady.mjs';
import { measureStream, measureSubjects } from './scale/stream.mjs';
import { measureThroughput, THROUGHPUT_ARMS } from './scale/throughput.mjs';

const WARM_UP_SHARE = 1 / 6;
const NODES = 3;
const COPIES = 3;

const options = readOptions({
  parts: 'throughput,latency,steady,stream,idle',
  arms: '',
  rounds: 5,
  seconds: 4,
  bytes: 400,
  pairs: 300,
  events: 600,
  environments: 2_400,
  messages: 20_000,
  profile: '',
});
const { rounds, seconds, bytes, pairs, events, environments, messages, profile } = options;
const parts = options.parts.split(',');
/** Of a part, those that were asked for. */
const armsOf = (all) => Object.keys(all).filter((arm) => options.arms === '' || options.arms.split(',').includes(arm));
const flags = profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];

const SITES = {
  embedded: () => Site.embedded(flags),
  nats: () => Site.nats({ nodes: NODES, flags }),
  profiled: () => Site.nats({ nodes: 1, isProfiled: true }),
  nats3copies: () => Site.nats({ nodes: 2, copies: COPIES, flags }),
};

/** Runs what needs these sites, and ends them. */
async function withSites(names, work) {
  const sites = {};
  for (const name of names) sites[name] = await SITES[name]();
  const result = await work(sites);
  for (const site of Object.values(sites)) await site.stop();
  return result;
}

const sitesOf = (arms, names) => [...new Set(names.map((name) => arms[name].site))];

async function alternating(arms, measure, load) {
  const names = armsOf(arms);
  return withSites(sitesOf(arms, names), (sites) => measure(sites, names, { rounds, seconds, bytes, ...load }));
}

const PARTS = {
  throughput: () => alternating(THROUGHPUT_ARMS, measureThroughput, {}),
  latency: () => alternating(LATENCY_ARMS, measureLatency, {}),
  steady: () => alternating(STEADY_ARMS, measureSteady, { pairs, events }),
  stream: async () => ({
    takes: await withSites(['nats', 'nats3copies'], (sites) => measureStream(sites, { rounds, seconds, bytes })),
    memory: await withSites(['profiled'], ({ profiled }) => measureSubjects(profiled, { messages, bytes })),
  }),
  idle: () => measureIdle({ from: Math.round(environments * WARM_UP_SHARE), to: environments }),
};

const machine = observeMachine();
const results = {};
for (const part of parts) {
  if (!(part in PARTS)) {
    progress(`There is no part ${part}; there are ${Object.keys(PARTS).join(', ')}.`);
    process.exit(2);
  }
  progress(`== ${part}`);
  results[part] = await PARTS[part]();
}

const { throughput, latency, steady, stream, idle } = results;
const rowsOf = (found, row) => Object.entries(found).map(([name, figures]) => [name, ...row(figures)]);
if (throughput)
  printTable(['throughput', 'frames/s', 'CPU µs/frame, nodes', 'NATS'], rowsOf(throughput, Object.values));
if (latency)
  printTable(
    ['latency', 'control p50 ms', 'p99', 'event p50 ms', 'p99'],
    rowsOf(latency, ({ control, event }) => [control.p50Ms, control.p99Ms, event.p50Ms, event.p99Ms]),
  );
if (steady)
  printTable(
    ['steady load', 'events/s', 'event p99 ms', 'CPU µs/event, home', 'edge', 'NATS'],
    rowsOf(steady, Object.values),
  );
if (stream) {
  for (const [site, loads] of Object.entries(stream.takes))
    printTable([`stream, ${site}`, 'messages/s', 'events/s', 'NATS CPU µs/message'], rowsOf(loads, Object.values));
  printTable(
    ['bytes of nats-server', 'for a message', 'for one of a subject of its own'],
    [['', stream.memory.perMessage, stream.memory.perSubject]],
  );
}
if (idle)
  printTable(
    ['bytes of what is idle', 'embedded', 'home', 'other node', 'NATS'],
    rowsOf({ listener: idle.listener, 'client through a tunnel': idle.tunnelledClient }, Object.values),
  );
printResult({ bench: 'scale', ...results, rounds, seconds, bytes, pairs, eventsPerSecond: events, machine: machine() });
