// How long the events of one runtime are under way while others of the same listener say as much as they are let (reliability C16):
// fair is at most twice as long as alone, and 20 ms. Compares, in one run:
//   alone             nobody else
//   beside-one        one that floods
//   beside-eight      eight that flood
//   legacy-alone, legacy-beside-one   the same over one socket
// Run after `npm run build`, as root: npm run --silent bench:fairness [-- --mbit 20 --queue-ms 1000 --seconds 20 --every-ms 20
// --bytes 1000 --arms alone,beside-one]; --mbit 0 is loopback, without a bottleneck and without root.
import { temporaryDirectory } from './kit/at-exit.mjs';
import { makeLink } from './kit/bottleneck.mjs';
import { observeMachine, printResult, printTable, progress, quantile, round } from './kit/figures.mjs';
import { readOptions } from './kit/options.mjs';
import { startProgram, startRelay } from './kit/programs.mjs';
import { TOKEN } from './kit/token.mjs';

const ARMS = {
  alone: { floods: 0, legacy: false },
  'beside-one': { floods: 1, legacy: false },
  'beside-eight': { floods: 8, legacy: false },
  'legacy-alone': { floods: 0, legacy: true },
  'legacy-beside-one': { floods: 1, legacy: true },
};
/** What is fair (reliability C16). */
const TIMES_ALONE = 2;
const MORE_MS = 20;
/** For events under way at the end. */
const GRACE_MS = 2_000;

const options = readOptions({
  mbit: 20,
  'queue-ms': 1_000,
  seconds: 20,
  'every-ms': 20,
  bytes: 1_000,
  arms: Object.keys(ARMS).join(','),
  congestion: 'cubic',
});
const { mbit, queueMs, seconds, everyMs, bytes, congestion } = options;
const names = options.arms.split(',');
const unknown = names.filter((name) => !(name in ARMS));
if (unknown.length > 0) {
  progress(`There is no arm ${unknown.join(', ')}; there are ${Object.keys(ARMS).join(', ')}.`);
  process.exit(2);
}

async function run({ floods, legacy }, link) {
  const directory = temporaryDirectory();
  const relay = await startRelay(directory, { host: link.relayAddress, namespace: link.relay });
  const server = relay.url;
  const listener = await startProgram(
    'listener',
    { server, token: TOKEN, deviceId: 'device-1', directory, bytes, legacy, journal: 'memory' },
    { namespace: link.device },
  );
  const watcher = await startProgram('watcher', { server, token: TOKEN, floods, everyMs }, { namespace: link.relay });
  const found = await watcher.ask('measure', { seconds, graceMs: GRACE_MS }, seconds * 1_000 + 60_000);
  for (const program of [watcher, listener, relay]) await program.stop();
  const sorted = found.delays.toSorted((a, b) => a - b);
  const at = (q) => round(quantile(sorted, q));
  const { floodMbit, closed } = found;
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), events: sorted.length, floodMbit: round(floodMbit), closed };
}

/** What is compared with being alone on a link of the same kind. */
function judge(arms) {
  return Object.fromEntries(
    Object.entries(arms).flatMap(([name, { p99Ms }]) => {
      const alone = arms[ARMS[name].legacy ? 'legacy-alone' : 'alone'];
      if (ARMS[name].floods === 0 || !alone) return [];
      const boundMs = round(TIMES_ALONE * alone.p99Ms + MORE_MS);
      return [[name, { p99Ms, boundMs, isFair: p99Ms <= boundMs }]];
    }),
  );
}

const machine = observeMachine();
const link = makeLink({ mbit, queueMs, congestion });
const arms = {};
for (const name of names) {
  progress(`${name}: ${seconds} s`);
  arms[name] = await run(ARMS[name], link);
}
const fair = judge(arms);
const where = mbit === 0 ? 'Loopback, no bottleneck' : `Uplink ${mbit} Mbit/s, queue ${queueMs} ms, ${congestion}`;
console.log(`${where}; an event every ${everyMs} ms, ${seconds} s an arm.\n`);
printTable(
  ['arm', 'p50 ms', 'p99 ms', 'max ms', 'fair: p99 at most', 'events', 'floods Mbit/s', 'closed'],
  Object.entries(arms).map(([name, arm]) => [
    name,
    arm.p50Ms,
    arm.p99Ms,
    arm.maxMs,
    fair[name]?.boundMs ?? '',
    arm.events,
    arm.floodMbit,
    arm.closed,
  ]),
);
const at = { mbit, queueMs, congestion };
printResult({ bench: 'fairness', link: at, seconds, everyMs, bytes, arms, fair, machine: machine() });
