// How long a small command takes to a device and back while that device streams as much as it can, over an uplink whose router
// queues deeply. Compares, in one run:
//   idle                   ours, without a stream
//   one-socket-watermark   plain `ws`, one socket, the stream paused at 512 KiB of bufferedAmount
//   split-watermark        the same with a second socket for the stream
//   legacy                 ours over one socket
//   split                  ours over two
// Run after `npm run build`, as root: npm run --silent bench:latency [-- --mbit 20 --queue-ms 1000 --seconds 60 --listeners 1
// --arms idle,split --bytes 1000 --every-ms 50 --journal memory|disk --profile DIRECTORY]; --mbit 0 is loopback, without a bottleneck and without root.
import { makeLink } from './kit/bottleneck.mjs';
import { temporaryDirectory } from './kit/at-exit.mjs';
import { observeMachine, printResult, printTable, progress, quantile, round } from './kit/figures.mjs';
import { readOptions } from './kit/options.mjs';
import { startProgram, startRelay } from './kit/programs.mjs';
import { TOKEN } from './kit/token.mjs';

/**
 * Without a bottleneck the relay may take more than the client is given processors to read; how far it falls behind is not what is measured
 * here, so nothing is dropped before it was read.
 */
const KEEPS_ALL = [
  '--history-max-events',
  '1000000000',
  ...['--history-max-runtime-bytes', '--history-max-bytes', '--history-max-organization-bytes'].flatMap((name) => [
    name,
    String(8 * 1024 ** 3),
  ]),
];

const ARMS = {
  idle: { plain: false, split: true, streams: false },
  'one-socket-watermark': { plain: true, split: false, streams: true },
  'split-watermark': { plain: true, split: true, streams: true },
  legacy: { plain: false, split: false, streams: true },
  split: { plain: false, split: true, streams: true },
};
const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];
/** What ours adds around an event's content: plain frames are as large. */
const ENVELOPE_BYTES = 380;
/** After the last question, for answers under way; a full queue's time several times over comes on top. */
const GRACE_MS = 2_000;

const options = readOptions({
  mbit: 20,
  'queue-ms': 1_000,
  seconds: 60,
  listeners: 1,
  arms: Object.keys(ARMS).join(','),
  bytes: 1_000,
  'every-ms': 50,
  journal: 'memory',
  congestion: 'cubic',
  profile: '',
});
const { mbit, queueMs, seconds, listeners, bytes, everyMs, journal, congestion } = options;
const flags = options.profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
const names = options.arms.split(',');
const unknown = names.filter((name) => !(name in ARMS));
if (unknown.length > 0) {
  progress(`There is no arm ${unknown.join(', ')}; there are ${Object.keys(ARMS).join(', ')}.`);
  process.exit(2);
}

async function run(name, link) {
  const { plain, split, streams } = ARMS[name];
  const directory = temporaryDirectory();
  const host = link.relayAddress;
  const relay = plain
    ? await startProgram('forwarder', { host }, { namespace: link.relay, flags })
    : await startRelay(directory, { host, namespace: link.relay, flags, args: mbit === 0 ? KEEPS_ALL : [] });
  const server = plain ? relay.ready : relay.url;
  const devices = Array.from({ length: listeners }, (_, index) => `device-${index + 1}`);
  const started = await Promise.all(
    devices.map((device) =>
      startProgram(
        plain ? 'plain-listener' : 'listener',
        plain
          ? { server, name: device, split, bytes: bytes + ENVELOPE_BYTES }
          : { server, token: TOKEN, deviceId: device, directory, bytes, legacy: !split, journal },
        { namespace: link.device, flags },
      ),
    ),
  );
  const prober = await startProgram(
    'prober',
    { server, token: TOKEN, names: devices, plain, split, streams, everyMs },
    { namespace: link.relay, flags },
  );
  const before = link.stats?.();
  const graceMs = GRACE_MS + (mbit === 0 ? 0 : 4 * queueMs);
  const found = await prober.ask('measure', { seconds, graceMs }, seconds * 1_000 + graceMs + 60_000);
  const after = link.stats?.();
  for (const program of [prober, ...started, relay]) await program.stop();
  return summary(found, after && { drops: after.drops - before.drops });
}

function summary({ trips, unanswered, streamMbit }, queue) {
  const sorted = trips.map(([, ms]) => ms).toSorted((a, b) => a - b);
  const at = (q) => round(quantile(sorted, q));
  const [worstAt = 0] = trips.reduce((worst, trip) => (trip[1] > (worst[1] ?? -1) ? trip : worst), []);
  return {
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    unanswered,
    streamMbit: round(streamMbit),
    answered: sorted.length,
    maxAtMs: worstAt,
    quantilesMs: QUANTILES.map((q) => [q, at(q)]),
    ...queue,
  };
}

const machine = observeMachine();
const link = makeLink({ mbit, queueMs, congestion });
const arms = {};
for (const name of names) {
  progress(`${name}: ${seconds} s`);
  arms[name] = await run(name, link);
  progress(`  p99 ${arms[name].p99Ms} ms, ${arms[name].streamMbit} Mbit/s`);
}
console.log(
  mbit === 0
    ? 'Loopback, no bottleneck.\n'
    : `Uplink ${mbit} Mbit/s, queue ${queueMs} ms, ${congestion}; ${listeners} listener(s), ${seconds} s an arm.\n`,
);
printTable(
  ['arm', 'p50 ms', 'p99 ms', 'max ms', 'unanswered', 'stream Mbit/s'],
  Object.entries(arms).map(([name, arm]) => [name, arm.p50Ms, arm.p99Ms, arm.maxMs, arm.unanswered, arm.streamMbit]),
);
printResult({
  bench: 'latency',
  link: { mbit, queueMs, congestion, listeners },
  seconds,
  everyMs,
  bytes,
  journal,
  arms,
  machine: machine(),
});
