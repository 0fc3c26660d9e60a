// Says where the time of a process went: node bench/profile.mjs FILE.cpuprofile [HOW MANY]
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { printTable, round } from './kit/figures.mjs';

const [file, count = '30'] = process.argv.slice(2);
const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
const byId = new Map(nodes.map((node) => [node.id, node]));
const spent = new Map();
let total = 0;
for (const [index, id] of samples.entries()) {
  const { functionName, url, lineNumber } = byId.get(id).callFrame;
  if (functionName === '(idle)') continue;
  const where = url === '' ? '' : ` ${path.relative(process.cwd(), url.replace('file://', ''))}:${lineNumber + 1}`;
  const name = `${functionName || '(anonymous)'}${where}`;
  spent.set(name, (spent.get(name) ?? 0) + timeDeltas[index]);
  total += timeDeltas[index];
}
const top = [...spent].toSorted((a, b) => b[1] - a[1]).slice(0, Number(count));
printTable(
  ['%', 'ms', 'function'],
  top.map(([name, us]) => [round((us / total) * 100, 1), Math.round(us / 1_000), name]),
);
