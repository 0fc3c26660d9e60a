// How committing events delays everything else of the process. Compares, in one run and on the same disk:
//   memory        nothing is written
//   sync          a prepared statement per event, one transaction per group, SQLite's own checkpoints: all on the event loop
//   sync-off      the same, checkpoints on another thread
//   off           what Twinlane does: one text of SQL per group, on another thread (src/journal)
// Run after `npm run build`: npm run bench:journal [-- --rounds N --seconds S --rate events/s --bytes B --directory D]
import Libsql from 'libsql';
import LibsqlAsync from 'libsql/promise';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { JournalStore, MemoryJournal } from '../dist/journal/index.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '10000' },
    bytes: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '3' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const [seconds, rate, bytes, rounds] = [values.seconds, values.rate, values.bytes, values.rounds].map(Number);
/** Events come in bursts, as from an agent or a socket. */
const TICK_MS = 2;
const FRAME = JSON.stringify({ type: 'stream_delta', pad: 'x'.repeat(Math.max(0, bytes - 40)) });
const RUNTIMES = Array.from({ length: 10 }, (_, index) => ({ agent_id: null, conversation_id: `c${index}` }));
const CHECKPOINT_EVERY_BYTES = 4 * 1024 * 1024;

/** Commits on the event loop, group by group. */
class SyncJournal {
  waiting = [];
  written = 0;

  constructor(file, checkpointsOff) {
    this.database = new Libsql(file);
    this.database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL');
    this.database.exec('CREATE TABLE entries(log, position, frame, PRIMARY KEY(log, position)) WITHOUT ROWID');
    this.insert = this.database.prepare('INSERT INTO entries VALUES(?,?,?)');
    if (!checkpointsOff) return;
    this.database.exec('PRAGMA wal_autocheckpoint=0');
    this.checkpointer = new LibsqlAsync(file, {});
  }

  append(runtime, { seq, frame }) {
    if (this.waiting.length === 0) queueMicrotask(() => this.commit());
    this.waiting.push([runtime.conversation_id, seq, frame]);
    return { position: seq };
  }

  commit() {
    this.database.exec('BEGIN IMMEDIATE');
    for (const row of this.waiting) {
      this.insert.run(row);
      this.written += row[2].length;
    }
    this.database.exec('COMMIT');
    this.waiting = [];
    if (!this.checkpointer || this.written < CHECKPOINT_EVERY_BYTES) return;
    this.written = 0;
    void this.checkpointer.exec('PRAGMA wal_checkpoint(PASSIVE)');
  }

  committed() {
    return new Promise((resolve) => queueMicrotask(resolve));
  }

  async close() {
    await this.checkpointer?.exec('PRAGMA wal_checkpoint(PASSIVE)');
    this.checkpointer?.close();
    this.database.close();
  }
}

const ARMS = {
  memory: () => new MemoryJournal({ maxEntriesPerRuntime: 1_000 }),
  sync: (file) => new SyncJournal(file, false),
  'sync-off': (file) => new SyncJournal(file, true),
  off: (file) => JournalStore.openOne(file, { maxBytesPerScope: 256 * 1024 * 1024 }),
};

/** Appends at the given rate, and measures how late timers are and how long a commit takes. */
async function run(arm) {
  const directory = mkdtempSync(path.join(values.directory, 'twinlane-bench-'));
  const file = path.join(directory, 'journal.db');
  const journal = ARMS[arm](file);
  const late = createHistogram();
  const commit = createHistogram();
  const seqs = RUNTIMES.map(() => 0);
  const perTick = Math.round((rate * TICK_MS) / 1_000);
  const start = performance.now();
  const cpu = process.cpuUsage();
  let events = 0;
  let longestWal = 0;
  for (let due = start; due < start + seconds * 1_000; due += TICK_MS) {
    // Both phases a socket would wait for: a timer, and the loop's next turn.
    const before = performance.now();
    await new Promise((resolve) => (due > before ? setTimeout(resolve, due - before) : setImmediate(resolve)));
    const asked = performance.now();
    for (let i = 0; i < perTick; i++) {
      const index = events++ % RUNTIMES.length;
      const runtime = RUNTIMES[index];
      const { position } = journal.append(runtime, {
        epoch: 'e',
        seq: ++seqs[index],
        type: 'stream_delta',
        frame: FRAME,
      });
      if (i > 0) continue;
      const appended = performance.now();
      void journal.committed(runtime, position).then(() => record(commit, performance.now() - appended));
    }
    // What a control frame that arrives now would wait.
    await new Promise((resolve) => setImmediate(resolve));
    record(late, performance.now() - asked);
    if (events % 1_000 < perTick && arm !== 'memory') longestWal = Math.max(longestWal, sizeOf(`${file}-wal`));
  }
  const took = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  await journal.close();
  rmSync(directory, { recursive: true });
  return {
    arm,
    eventsPerSecond: Math.round((events / took) * 1_000),
    loopMs: percentiles(late),
    commitMs: percentiles(commit),
    cpuPercent: Math.round((user + system) / 10 / took),
    walMiB: round(longestWal / 1024 / 1024),
  };
}

function record(histogram, ms) {
  histogram.record(Math.max(1, Math.round(ms * 1_000)));
}

function percentiles(histogram) {
  const at = (percentile) => round(histogram.percentile(percentile) / 1_000);
  return { p50: at(50), p99: at(99), 'p99.9': at(99.9), max: round(histogram.max / 1_000) };
}

function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function round(value) {
  return Math.round(value * 100) / 100;
}

console.log(
  `${rate} events/s of ${FRAME.length} bytes, ${seconds} s each, ${RUNTIMES.length} runtimes, in ${values.directory}\n`,
);
console.log('| arm | events/s | loop p50 ms | p99 | p99.9 | max | commit p50 ms | p99 | max | CPU % | log MiB |');
console.log('|---|---|---|---|---|---|---|---|---|---|---|');
// What an arm leaves for the system to write would slow the next one: each begins with a quiet disk, none is always first.
const order = Object.keys(ARMS);
const runs = new Map(order.map((arm) => [arm, []]));
for (let round = 0; round < rounds; round++) {
  for (const index of order.keys()) {
    const arm = order[(index + round) % order.length];
    execFileSync('sync');
    runs.get(arm).push(await run(arm));
  }
}
const arms = [...runs.values()].flat();
for (const { arm, eventsPerSecond, loopMs, commitMs, cpuPercent, walMiB } of arms) {
  const cells = [arm, eventsPerSecond, ...Object.values(loopMs), commitMs.p50, commitMs.p99, commitMs.max];
  console.log(`| ${[...cells, cpuPercent, walMiB].join(' | ')} |`);
}
console.log(
  `\n${JSON.stringify({ bench: 'journal', rounds, seconds, rate, bytes: FRAME.length, node: process.version, arms })}`,
);
