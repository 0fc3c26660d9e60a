import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endProcesses } from '../../processes/index.js';
import { SYSTEM_CLOCK } from '../../protocol/index.js';
import { openNodePty } from './node-pty.js';

/** More than a terminal of the system takes before its program reads. */
const MUCH = 300_000;
const PATIENCE = { timeout: 30_000, interval: 10 };

let folder: string;
beforeEach(async () => (folder = await mkdtemp(path.join(os.tmpdir(), 'twinlane-pty-'))));
afterEach(() => rm(folder, { recursive: true }));

/** A program that has its terminal raw, so that the system drops nothing. */
async function run(script: string) {
  const args = ['-c', `stty raw -echo; echo ready; ${script}`];
  const request = { file: '/bin/sh', args, cwd: folder, env: { PATH: process.env['PATH'] }, cols: 80, rows: 24 };
  const pty = await openNodePty(SYSTEM_CLOCK)(request);
  const seen = { text: '' };
  pty.onData((chunk) => (seen.text += chunk.toString('utf8')));
  const exit = new Promise<number>((resolve) => pty.onExit(resolve));
  await vi.waitFor(() => expect(seen.text).toContain('ready'), PATIENCE);
  return { pty, seen, exit };
}

describe('what is typed into a terminal', () => {
  it('waits for a program that never reads, holds nobody up, and is given up with it', async () => {
    const { pty, exit } = await run('exec sleep 1000');
    pty.write('x'.repeat(MUCH));
    await vi.waitFor(() => expect(pty.waitingBytes).toBeLessThan(MUCH), PATIENCE);
    expect(pty.waitingBytes).toBeGreaterThan(0);
    await endProcesses({ session: pty.pid }, 'SIGHUP', 60_000, SYSTEM_CLOCK);
    expect(await exit).toBe(129);
    expect(pty.waitingBytes).toBe(0);
  });

  it('comes whole and in order to a program that reads late', async () => {
    const gate = path.join(folder, 'gate');
    execFileSync('mkfifo', [gate]);
    const { pty, seen, exit } = await run(`read word <gate; head -c ${MUCH} | sha256sum`);
    const typed = Array.from({ length: MUCH }, (_, at) => String.fromCharCode(97 + (at % 23))).join('');
    for (let at = 0; at < MUCH; at += 1_000) pty.write(typed.slice(at, at + 1_000));
    expect(pty.waitingBytes).toBeGreaterThan(0);
    await writeFile(gate, 'go\n');
    expect(await exit).toBe(0);
    expect(seen.text).toContain(createHash('sha256').update(typed).digest('hex'));
    expect(pty.waitingBytes).toBe(0);
  });
});
