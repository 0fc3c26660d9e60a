// How many frames a second go through the relay, with histories on disk, from one device to one client and to ten; compared with a
// bare `ws` forwarder that understands nothing, in pairs that alternate. Both run in a process of their own.
// Run after `npm run build`: npm run --silent bench:throughput [-- --rounds 5 --seconds 4 --bytes 400 --scenarios oneToOne,fanOut10 --profile DIRECTORY]
import { temporaryDirectory } from './kit/at-exit.mjs';
import { median, observeMachine, printResult, printTable, progress, round } from './kit/figures.mjs';
import { readOptions } from './kit/options.mjs';
import { startProgram, startRelay } from './kit/programs.mjs';

const SCENARIOS = { oneToOne: 1, fanOut10: 10 };
const WARM_UP_MS = 1_000;
/** Frames that the device is ahead of its slowest client. */
const AHEAD = 2_048;

const { rounds, seconds, bytes, scenarios, profile } = readOptions({
  rounds: 5,
  seconds: 4,
  bytes: 400,
  scenarios: Object.keys(SCENARIOS).join(','),
  profile: '',
});
const chosen = Object.entries(SCENARIOS).filter(([name]) => scenarios.split(',').includes(name));
const flags = profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];

async function start(plain) {
  const server = plain
    ? await startProgram('forwarder', {}, { flags })
    : await startRelay(temporaryDirectory(), { flags });
  const loader = await startProgram('loader', {
    server: plain ? server.ready : server.url,
    plain,
    bytes,
    ahead: AHEAD,
  });
  return { server, loader };
}

/** @returns frames a second, and what each cost the server; CPU time hardly depends on what else the machine does */
async function measure({ server, loader }, clients) {
  loader.messages = [];
  const measured = loader.ask('measure', { clients, seconds, warmUpMs: WARM_UP_MS });
  await Promise.race([loader.hears('started'), measured]);
  await server.ask('usage');
  await Promise.race([loader.hears('stopped'), measured]);
  const { cpuUs, loopUs } = await server.ask('usage');
  const { framesPerSecond, frames } = await measured;
  return { framesPerSecond, cpuUs: cpuUs / frames, loopUs: loopUs / frames };
}

const machine = observeMachine();
const sides = { ours: await start(false), bare: await start(true) };
const results = Object.fromEntries(chosen.map(([name]) => [name, []]));
for (let turn = 0; turn < rounds; turn++) {
  for (const [scenario, clients] of chosen) {
    const pair = {};
    for (const side of turn % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours'])
      pair[side] = await measure(sides[side], clients);
    results[scenario].push(pair);
    const fps = (side) => Math.round(pair[side].framesPerSecond);
    progress(`round ${turn + 1}, ${scenario}: ours ${fps('ours')} frames/s, bare ${fps('bare')}`);
  }
}
for (const { loader, server } of Object.values(sides)) {
  await loader.stop();
  await server.stop();
}

/** Ratios are those within a pair: both sides of one had the same neighbours. */
function summary(pairs) {
  const of = (side, field) => median(pairs.map((pair) => pair[side][field]));
  const ratio = (field) => round(median(pairs.map(({ ours, bare }) => ours[field] / bare[field])));
  const side = (name) => Math.round(of(name, 'framesPerSecond'));
  return {
    ours: side('ours'),
    bare: side('bare'),
    ratio: ratio('framesPerSecond'),
    ratios: pairs.map(({ ours, bare }) => round(ours.framesPerSecond / bare.framesPerSecond)),
    cpuUsPerFrame: { ours: round(of('ours', 'cpuUs')), bare: round(of('bare', 'cpuUs')), ratio: ratio('cpuUs') },
    loopUsPerFrame: { ours: round(of('ours', 'loopUs')), bare: round(of('bare', 'loopUs')), ratio: ratio('loopUs') },
  };
}

const summaries = Object.fromEntries(Object.entries(results).map(([name, pairs]) => [name, summary(pairs)]));
console.log(`Frames of ${bytes} bytes delivered to clients, medians of ${rounds} pairs of ${seconds} s.\n`);
printTable(
  ['', 'ours frames/s', 'bare frames/s', 'ratio', 'ours CPU µs/frame', 'bare CPU µs/frame'],
  Object.entries(summaries).map(([name, { ours, bare, ratio, cpuUsPerFrame }]) => [
    name,
    ours,
    bare,
    ratio,
    cpuUsPerFrame.ours,
    cpuUsPerFrame.bare,
  ]),
);
printResult({ bench: 'throughput', ...summaries, rounds, seconds, bytes, machine: machine() });
