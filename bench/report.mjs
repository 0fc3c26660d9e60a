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
import { progress } from './kit/figures.mjs';
import { readOptions } from './kit/options.mjs';
import { pageOf } from './report/page.mjs';
import { Report } from './report/report.mjs';
import { runsOf } from './report/runs.mjs';

const { quick, only, redraw } = readOptions({ quick: false, only: '', redraw: false });
const here = path.dirname(fileURLToPath(import.meta.url));
const page = path.join(here, '../docs/performance.md');
const directory = path.join(here, '../docs/performance');
const resultsFile = path.join(directory, 'results.json');

const RUNS = runsOf(quick);

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

const measured = redraw ? JSON.parse(readFileSync(resultsFile, 'utf8')) : await measureAll();
mkdirSync(directory, { recursive: true });
writeFileSync(page, pageOf(new Report(measured.results, RUNS, directory), measured));
progress(`Written: ${path.relative(process.cwd(), page)}`);
