// How much memory an idle listener pair, and an idle client, cost the relay; compared with as many bare `ws` sockets in a server that
// understands nothing. Each is two sockets. Every server is a process of its own.
// Counted is by how much the server's resident memory (RSS) grows from a tenth of them open to all, per pair. Both times is some seconds
// after the last one opened and after all garbage is collected, so that what opening them cost, and is over, does not count: the relay
// has also answered a registration for each pair. What an allocator keeps of that is noise of some hundred bytes a pair, more with few
// pairs; the heap in use, beside it in the table, has none.
// Run after `npm run build`: npm run --silent bench:memory [-- --pairs 5000]. Both ends need two files a pair: ulimit -n.
import { execFileSync } from 'node:child_process';
import { setTimeout as after } from 'node:timers/promises';
import { temporaryDirectory } from './kit/at-exit.mjs';
import { observeMachine, printResult, printTable, progress, round } from './kit/figures.mjs';
import { NO_LIMITS } from './kit/no-limits.mjs';
import { readOptions } from './kit/options.mjs';
import { startProgram, startRelay } from './kit/programs.mjs';

/** Of what is opened, the share that a server is warmed up with. */
const WARM_UP = 0.1;
/** Pairs and as many clients that one process holds. */
const PAIRS_PER_PROCESS = 2_500;
/** Files of a process that are no sockets of the bench's. */
const OTHER_FILES = 500;
/** Of a pair, and of a client. */
const SOCKETS = 2;
const OPEN_MS = 300_000;
/** Until connecting is over for the server too: what it answers last, acknowledgements, and sockets that registered, which Node keeps for 5 s. */
const SETTLE_MS = 8_000;
/** What collects the garbage, node:inspector/promises, is said to be experimental. */
const FLAGS = ['--disable-warning=ExperimentalWarning'];

const { pairs } = readOptions({ pairs: 5_000 });
const files = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).replace('unlimited', 'Infinity'));
/** As many as pairs, or as there are files left for. */
const clients = Math.min(pairs, Math.floor((files - OTHER_FILES) / SOCKETS) - pairs);
if (clients < pairs / 2) {
  progress(`A process may open ${files} files here, too few for --pairs ${pairs}; raise it: ulimit -n ${pairs * 5}.`);
  process.exit(1);
}

async function measure(plain) {
  const server = plain
    ? await startProgram('forwarder', {}, { flags: FLAGS })
    : await startRelay(temporaryDirectory(), {
        flags: FLAGS,
        args: NO_LIMITS,
      });
  const processes = Math.ceil(pairs / PAIRS_PER_PROCESS);
  const idlers = await Promise.all(
    Array.from({ length: processes }, (_, part) =>
      startProgram('idlers', { server: plain ? server.ready : server.url, plain, part }),
    ),
  );
  const open = async (what, from, to) => {
    await Promise.all(idlers.map((idler) => idler.ask(what, { from, to }, OPEN_MS)));
    if (idlers.some(({ messages }) => messages.some(({ lost }) => lost))) throw new Error('a socket was closed');
    await after(SETTLE_MS);
    return server.ask('memory');
  };
  const grown = async (what, all) => {
    const each = Math.floor(all / processes);
    const warm = Math.ceil(each * WARM_UP);
    const before = await open(what, 0, warm);
    const full = await open(what, warm, each);
    const count = (each - warm) * processes;
    const per = (field) => Math.round((full[field] - before[field]) / count);
    return { rss: per('rss'), heap: per('heapUsed'), external: per('external') };
  };
  const perPair = await grown('pairs', pairs);
  const perClient = await grown('clients', clients);
  for (const program of [...idlers, server]) await program.stop();
  return { perPair, perClient };
}

const machine = observeMachine();
progress(`bare: ${pairs} pairs, ${clients} clients`);
const bare = await measure(true);
progress(`ours: ${pairs} pairs, ${clients} clients`);
const ours = await measure(false);

function compared(what) {
  const [{ rss: mine, ...ourParts }, { rss: theirs, ...bareParts }] = [ours[what], bare[what]];
  return { ours: mine, bare: theirs, ratio: round(mine / theirs), parts: { ours: ourParts, bare: bareParts } };
}

const results = { perPair: compared('perPair'), perClient: compared('perClient') };
console.log(`Resident bytes, of ${pairs} pairs and ${clients} clients.\n`);
printTable(
  ['', 'ours', 'bare', 'ratio', 'ours: heap in use', 'bare: heap in use'],
  Object.entries(results).map(([name, { ours: mine, bare: theirs, ratio, parts }]) => [
    name,
    mine,
    theirs,
    ratio,
    parts.ours.heap,
    parts.bare.heap,
  ]),
);
printResult({ bench: 'memory', ...results, pairs, clients, machine: machine() });
