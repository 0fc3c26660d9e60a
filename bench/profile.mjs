// Says where the time of a process went, by function and by part of the program:
//   npm run --silent bench:throughput -- --rounds 1 --scenarios oneToOne --profile DIRECTORY
//   node bench/profile.mjs DIRECTORY/FILE.cpuprofile [HOW MANY FUNCTIONS]
// Of a server only what it did since the first message came: its start is left out.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { printTable, round } from './kit/figures.mjs';

const [file, count = '30'] = process.argv.slice(2);
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
const byId = new Map(nodes.map((node) => [node.id, node]));

/** Where `ws` reads a message. */
const isReading = ({ callFrame }) => callFrame.functionName === 'getData' && callFrame.url.includes('/ws/lib/');
const first = Math.max(
  0,
  samples.findIndex((id) => isReading(byId.get(id))),
);

function partOf({ functionName, url }) {
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (/^write(v|Utf8String|Latin1String|Buffer)$/.test(functionName) && url === '')
    return 'writing to sockets (system)';
  if (url === '') return 'native';
  if (url.startsWith('node:')) return 'node';
  const inPackage = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url);
  if (inPackage) return inPackage[1];
  return /(?:dist|src)\/(relay\/[^/]+|[^/]+)\//.exec(url)?.[1] ?? 'other';
}

const byFunction = new Map();
const byPart = new Map();
const add = (sums, name, us) => sums.set(name, (sums.get(name) ?? 0) + us);
let total = 0;
for (const [index, id] of samples.entries()) {
  const { callFrame } = byId.get(id);
  const { functionName, url, lineNumber } = callFrame;
  if (index < first || functionName === '(idle)') continue;
  const where = url === '' ? '' : ` ${path.relative(process.cwd(), url.replace('file://', ''))}:${lineNumber + 1}`;
  add(byFunction, `${functionName || '(anonymous)'}${where}`, timeDeltas[index]);
  add(byPart, partOf(callFrame), timeDeltas[index]);
  total += timeDeltas[index];
}

function print(what, sums, most) {
  const top = [...sums].toSorted((a, b) => b[1] - a[1]).slice(0, most);
  printTable(
    ['%', 'ms', what],
    top.map(([name, us]) => [round((us / total) * 100, 1), Math.round(us / 1_000), name]),
  );
}

print('part', byPart, 20);
print('function', byFunction, Number(count));
