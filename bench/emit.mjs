// What an event costs the device from `emit` to the socket's write, with the journal in memory and on disk; compared with JSON.stringify
// and a bare `ws`. Arms take turns; each runs in a process of its own, against a server that takes in everything.
// Run after `npm run build`: npm run --silent bench:emit [-- --rounds 5 --frames 100000 --bytes 200]
import { temporaryDirectory } from './kit/at-exit.mjs';
import { median, observeMachine, printResult, printTable, progress, round } from './kit/figures.mjs';
import { readOptions } from './kit/options.mjs';
import { startProgram } from './kit/programs.mjs';

const ARMS = ['bare', 'memory', 'disk'];
const WARM_UP_FRAMES = 32_000;
const RUN_MS = 120_000;

const { rounds, frames, bytes, profile } = readOptions({ rounds: 5, frames: 100_000, bytes: 200, profile: '' });
const flags = profile === '' ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];

const machine = observeMachine();
const programs = {};
const sinks = [];
for (const arm of ARMS) {
  const sink = await startProgram('sink', { acknowledges: arm !== 'bare' });
  sinks.push(sink);
  const directory = temporaryDirectory();
  programs[arm] = await startProgram('emitter', { arm, server: sink.ready, directory, bytes }, { flags });
  await programs[arm].ask('run', { frames: WARM_UP_FRAMES }, RUN_MS);
}
const runs = Object.fromEntries(ARMS.map((arm) => [arm, []]));
for (let turn = 0; turn < rounds; turn++) {
  for (const index of ARMS.keys()) {
    const arm = ARMS[(index + turn) % ARMS.length];
    runs[arm].push(await programs[arm].ask('run', { frames }, RUN_MS));
  }
  progress(`round ${turn + 1}: ${ARMS.map((arm) => `${arm} ${Math.round(runs[arm].at(-1).loopNs)} ns`).join(', ')}`);
}
for (const program of [...Object.values(programs), ...sinks]) await program.stop();

/** Ratios are those within a round. */
function summary(arm) {
  const of = (field) => Math.round(median(runs[arm].map((run) => run[field])));
  const ratio = (field) => round(median(runs[arm].map((run, turn) => run[field] / runs.bare[turn][field])));
  const ns = { nsPerFrame: of('loopNs'), wallNsPerFrame: of('wallNs'), cpuNsPerFrame: of('cpuNs') };
  return arm === 'bare' ? ns : { ...ns, ratio: ratio('loopNs'), wallRatio: ratio('wallNs'), cpuRatio: ratio('cpuNs') };
}

const arms = Object.fromEntries(ARMS.map((arm) => [arm, summary(arm)]));
console.log(`Events with ${bytes} bytes of text, ${frames} a round, medians of ${rounds} rounds.\n`);
printTable(
  ['', 'busy ns/frame', 'ratio', 'wall ns/frame', 'CPU ns/frame, all threads'],
  ARMS.map((arm) => [
    arm,
    arms[arm].nsPerFrame,
    arms[arm].ratio ?? 1,
    arms[arm].wallNsPerFrame,
    arms[arm].cpuNsPerFrame,
  ]),
);
printResult({ bench: 'emit', ...arms, rounds, frames, bytes, machine: machine() });
