// A rolling restart of relay nodes under load: each is ended with SIGTERM and started again, one after the other, while listeners stream, clients
// read and ask, and requests come over REST. Every event is numbered, and its client checks that it comes once and in order; a command that is
// under way when sockets close is asked again on the next ones, as the client library does. A balancer in front asks each node for `/readyz`.
// Run after `npm run build`, with nats-server: npm run --silent bench:rolling [-- --listeners 300 --clients 300]
//   --nodes 3             that are restarted
//   --streams 300         listeners whose runtime says something, every --every-ms 1000, of --bytes 200
//   --commands 50         a second, of all clients together
//   --rest 20             requests a second: environments, runtimes, messages, registrations
//   --seconds 10          before and after
//   --between 15          seconds from one node that is back to the next that is ended
//   --drain-delay-ms 3000 of the nodes; the balancer asks every --health-ms 500
//   --choose turns        how the balancer chooses: `turns`, or `environment`, all of one environment at the same node
import { setTimeout as after } from 'node:timers/promises';
import { Crowds, OPEN_MS } from './kit/crowds.mjs';
import { observeMachine, printResult, printTable, progress, quantile, round } from './kit/figures.mjs';
import { RelayNodes } from './kit/nodes.mjs';
import { readOptions } from './kit/options.mjs';
import { endProgress } from './kit/progress-line.mjs';
import { RestLoad } from './kit/rest-load.mjs';

const BACK_MS = 120_000;
const ARRIVE_MS = 60_000;
/** After everybody is back, for what was held up. */
const SETTLE_MS = 2_000;
const LOOK_MS = 50;

const options = readOptions({
  listeners: 300,
  clients: 300,
  nodes: 3,
  streams: 300,
  'every-ms': 1_000,
  bytes: 200,
  commands: 50,
  rest: 20,
  seconds: 10,
  between: 15,
  'drain-delay-ms': 3_000,
  'health-ms': 500,
  choose: 'turns',
});
const { listeners, clients, nodes: count, everyMs, bytes, commands, rest, seconds, between, choose } = options;
const streams = Math.min(options.streams, listeners, clients);

const machine = observeMachine();
const nodes = await RelayNodes.start(count, { args: ['--drain-delay-ms', String(options.drainDelayMs)] });
const balancer = await nodes.balancer({ choose, healthEveryMs: options.healthMs });
const crowds = await Crowds.start(
  { listeners, clients, streams, everyMs, commands, bytes, repeats: true },
  { server: balancer.url, plain: false },
);
const environmentOf = (n) => `/v1/environments/device-0-${n % Math.floor(listeners / 2)}`;
const messages = [{ role: 'user', content: 'hello' }];
const requests = new RestLoad(balancer.url, rest, [
  () => ['GET', '/v1/environments?limit=50'],
  (n) => ['GET', `${environmentOf(n)}/runtimes`],
  (n) => ['POST', `${environmentOf(n)}/messages`, { messages, conversationId: 'by-rest' }],
  (n) => ['POST', '/v1/environments/register', { deviceId: `registers-${n % 200}`, connectionName: 'registers' }],
]);

/** All that was measured. */
const phases = [];

/** What clients and requests met since this was asked last. */
async function measured() {
  const { commands: trips, delays, wrong, causes, events } = await crowds.measured();
  const { times, failed } = requests.measured();
  for (const failure of failed.slice(0, 10)) progress(failure);
  const restTimes = { count: times.length, failed: failed.length, p99Ms: round(quantile(times, 0.99), 1) };
  const requested = { ...restTimes, maxMs: round(quantile(times, 1), 1) };
  const phase = { events, commands: trips, eventDelay: delays, rest: requested, wrong, causes };
  phases.push(phase);
  return phase;
}

async function isEverybodyBack(standing = 0) {
  const parts = await crowds.ask('standing');
  for (const part of parts) standing += part.listeners + part.clients;
  return standing === listeners + clients;
}

/** A node is ended and started again; resolves when it is in service, and everybody has a link. */
async function restart(node) {
  const since = Date.now();
  const { endedMs, againMs } = await node.restart();
  while (!(await balancer.ask('inService')).includes(node.port)) await after(LOOK_MS);
  const until = Date.now() + BACK_MS;
  while (!(await isEverybodyBack()) && Date.now() < until) await after(LOOK_MS);
  const isBack = await isEverybodyBack();
  await after(SETTLE_MS);
  const outages = (await crowds.ask('outages', { since })).flat();
  const away = outages.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const first = Math.min(...outages.map(({ at, ms }) => at - ms));
  const last = Math.max(...outages.map(({ at }) => at));
  return {
    node: node.name,
    isBack,
    endedS: round(endedMs / 1_000, 1),
    againS: round(againMs / 1_000, 1),
    /** Listeners and clients that lost their link, some perhaps twice. */
    came: outages.length,
    awayS: { p50: secondsOf(quantile(away, 0.5)), max: secondsOf(quantile(away, 1)) },
    /** From the first link that was closed to the last one that was there again. */
    allBackS: outages.length === 0 ? 0 : secondsOf(last - first),
    ...(await measured()),
  };
}

function secondsOf(ms) {
  return Number.isNaN(ms) ? 0 : round(ms / 1_000, 1);
}

async function steady(what) {
  await measured();
  await crowds.during(what, after(seconds * 1_000));
  return measured();
}

progress(`${count} nodes, ${listeners} listeners, ${clients} clients`);
await crowds.during('opening listeners', crowds.ask('openListeners'));
await crowds.during('opening clients', crowds.ask('openClients'));
await crowds.ask('start');
requests.start();
await crowds.during('settling', after(SETTLE_MS));
const before = await steady('before');
endProgress(`before: commands p99 ${before.commands.p99Ms} ms`);
const restarts = [];
for (const [index, node] of nodes.nodes.entries()) {
  if (index > 0) await crowds.during('between', after(between * 1_000));
  await measured();
  const figures = (await crowds.during(`restart of ${node.name}`, restart(node))).result;
  restarts.push(figures);
  endProgress(`${node.name}: ${figures.came} came again, all within ${figures.allBackS} s`);
}
const later = await steady('after');
await requests.stop();
const ends = (await crowds.during('what is under way', crowds.ask('stop', { withinMs: ARRIVE_MS }, OPEN_MS))).result;
await measured();
await crowds.stop();
await nodes.stop();

const total = (of) => phases.reduce((sum, phase) => sum + (of(phase) ?? 0), 0);
const sum = (field) => ends.reduce((all, part) => all + part[field], 0);
const totals = {
  emitted: sum('emitted'),
  missing: sum('missing'),
  lost: total(({ wrong }) => wrong.lost),
  repeated: total(({ wrong }) => wrong.repeated),
  toldMissing: total(({ wrong }) => wrong.toldMissing),
  unrecovered: total(({ wrong }) => wrong.unrecovered),
  commands: total(({ commands: { count: answered } }) => answered),
  failedCommands: total(({ wrong }) => wrong.failedCommands) + sum('waiting'),
  requests: total(({ rest: { count: answered, failed } }) => answered + failed),
  failedRequests: total(({ rest: { failed } }) => failed),
};

console.log(
  `${listeners} listeners and ${clients} clients on ${count} nodes; ${streams} runtimes say ${bytes} bytes every ${everyMs} ms.\n`,
);
printTable(
  ['', 'command p50 ms', 'p99', 'longest', 'event p50 ms', 'p99', 'longest', 'REST p99 ms', 'longest', 'REST failed'],
  [['before', before], ...restarts.map((figures) => [figures.node, figures]), ['after', later]].map(
    ([name, { commands: trips, eventDelay: delays, rest: asked }]) => [
      name,
      trips.p50Ms,
      trips.p99Ms,
      trips.maxMs,
      delays.p50Ms,
      delays.p99Ms,
      delays.maxMs,
      asked.p99Ms,
      asked.maxMs,
      asked.failed,
    ],
  ),
);
printTable(
  ['', 'ended after s', 'there again', 'came again', 'away p50 s', 'longest', 'all back after s', 'closes'],
  restarts.map(({ node, endedS, againS, came, awayS, allBackS, causes }) => [
    node,
    endedS,
    againS,
    came,
    awayS.p50,
    awayS.max,
    allBackS,
    Object.entries(causes)
      .map(([cause, times]) => `${times} × ${cause}`)
      .join(', '),
  ]),
);
printTable(Object.keys(totals), [Object.values(totals)]);
const { missing, lost, repeated, toldMissing, unrecovered, failedCommands, failedRequests } = totals;
const isWhole =
  restarts.every(({ isBack }) => isBack) &&
  missing + lost + repeated + toldMissing + unrecovered + failedCommands + failedRequests === 0;
if (!isWhole) {
  progress('Something failed, or not everybody came back: see above.');
  process.exitCode = 1;
}
printResult({
  bench: 'rolling',
  nodes: count,
  listeners,
  clients,
  streams,
  everyMs,
  bytes,
  commandsPerSecond: commands,
  restPerSecond: rest,
  betweenS: between,
  choose,
  drainDelayMs: options.drainDelayMs,
  isWhole,
  before,
  restarts,
  after: later,
  totals,
  machine: machine(),
});
