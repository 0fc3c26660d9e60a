import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryLockedError, JournalStore, lockDirectory } from '../src/journal/index.js';
import { temporaryDirectory } from './kit/cli.js';

const PROCESS = fileURLToPath(new URL('kit/journal-process.mjs', import.meta.url));
const RUNTIMES = ['one', 'two', 'three'].map((conversation_id) => ({ agent_id: null, conversation_id }));
const KILLS = 15;

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let children: ChildProcess[];

beforeEach(async () => {
  directory = await temporaryDirectory();
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await directory.remove();
});

/** A process with a journal; its lines come one by one. */
function start(command: string, ...args: readonly string[]): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return { child, lines };
}

const startNode = (...args: readonly string[]): ReturnType<typeof start> => start(process.execPath, PROCESS, ...args);

async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

describe('a journal on disk', () => {
  it(`C23 holds everything that was committed, without a hole, after ${KILLS} kills`, async () => {
    const file = path.join(directory.path, 'journal.db');
    const committed: number[] = [0];
    let first = 1;
    for (let round = 1; round <= KILLS; round++) {
      const { child, lines } = startNode('append', file, `e${round}`, String(first), round % 5 === 0 ? '60000' : '600');
      const patience = 1 + Math.floor(Math.random() * 300);
      const said: number[] = [];
      while (said.length < patience) said.push(Number((await lines.next()).value));
      const exit = killed(child);
      for (let line = await lines.next(); !line.done; line = await lines.next()) said.push(Number(line.value));
      await exit;
      committed.push(said.at(-1) ?? 0);

      const journal = JournalStore.openOne(file);
      const last = Math.max(...RUNTIMES.map((runtime) => journal.last(runtime, `e${round}`)?.seq ?? 0));
      for (const runtime of RUNTIMES) {
        const entries = journal.read(runtime, 0, Infinity);
        expect(journal.bounds(runtime)).toEqual({ oldest: 1, head: entries.length });
        expect(entries.map(({ position }) => position)).toEqual(entries.map((_, index) => index + 1));
        const numbers = entries.filter(({ epoch }) => epoch === `e${round}`).map(({ seq }) => seq);
        expect(numbers).toEqual(numbers.map((_, index) => first + index));
        expect(numbers.at(-1)).toBeGreaterThanOrEqual(committed.at(-1) ?? 0);
        expect(entries.map(({ frame }) => (JSON.parse(frame ?? '') as { seq: number }).seq)).toEqual(
          entries.map(({ seq }) => seq),
        );
        expect([...journal.kept(runtime).values()]).toEqual([entries.at(-1)?.frame]);
        expect(journal.epochs(runtime).map(({ epoch }) => epoch)).toEqual(
          Array.from({ length: round }, (_, index) => `e${index + 1}`),
        );
      }
      await journal.close();
      first = last + 1;
    }
  });

  it('locks its directory for one process, until that ends, however it ends', async () => {
    const { child, lines } = startNode('lock', directory.path);
    expect((await lines.next()).value).toBe('locked');
    expect(() => lockDirectory(directory.path)).toThrow(new DirectoryLockedError(directory.path, child.pid));
    await killed(child);
    const lock = lockDirectory(directory.path);
    expect(() => lockDirectory(directory.path)).toThrow(`pid ${process.pid}`);
    lock.release();
    lockDirectory(directory.path).release();
  });

  const hasLimits = spawnSync('prlimit', ['--version']).status === 0;
  it.skipIf(!hasLimits && !process.env['CI'])(
    'C32 goes on in memory while its file may not grow, up to its bound, and writes everything when it may (needs prlimit)',
    async () => {
      const file = path.join(directory.path, 'journal.db');
      const command = 'ulimit -S -f 4000; exec "$0" "$@"';
      const { child, lines } = start('sh', '-c', command, process.execPath, PROCESS, 'fill', file, 'e1');
      const room = (): unknown => execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
      await showsWholeOutage(lines, file, room);
    },
  );

  const mayMount =
    process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;
  it.skipIf(!mayMount)('C32 does the same on a disk that is full (needs root)', async () => {
    const disk = path.join(directory.path, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
    try {
      const file = path.join(disk, 'journal.db');
      const { child, lines } = startNode('fill', file, 'e1');
      const room = (): unknown => execFileSync('mount', ['-o', 'remount,size=64m', disk]);
      await showsWholeOutage(lines, file, room);
      if (child.exitCode === null) await once(child, 'exit');
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });
});

/** From the first failure over a full memory to the last event on disk. */
async function showsWholeOutage(lines: AsyncIterator<string>, file: string, makeRoom: () => unknown): Promise<void> {
  expect((await lines.next()).value).toMatch(/^degraded SQLITE_(FULL|IOERR)/);
  const [, appended, readable] = String((await lines.next()).value).split(' ');
  // The last one reached the bound; it is shown when there is room again.
  expect(Number(readable)).toBe(Number(appended) - 1);
  makeRoom();
  const rest = [];
  for (let line = await lines.next(); !line.done; line = await lines.next()) rest.push(line.value);
  expect(rest.toSorted()).toEqual(['closed', 'recovered', 'room']);
  const journal = JournalStore.openOne(file);
  const [runtime = { agent_id: null, conversation_id: 'one' }] = journal.runtimes();
  expect(journal.read(runtime, 0, Infinity).map(({ seq }) => seq)).toEqual(
    Array.from({ length: Number(appended) }, (_, index) => index + 1),
  );
  await journal.close();
}
