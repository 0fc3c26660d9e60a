import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { findGroups } from '../../../processes/index.js';
import { SYSTEM_CLOCK } from '../../../protocol/index.js';
import { AgentTerminal } from './agent-terminal.js';
import { AgentTerminals, terminalCommand } from './agent-terminals.js';

const OPTIONS = { maxTerminals: 1, maxTerminalBytes: 1_024, stopGraceMs: 100 };
const cwd = os.tmpdir();

function run(command: string, maxBytes = 1_000, args: readonly string[] = []) {
  const seen: string[] = [];
  const show = async (text: string): Promise<void> => void seen.push(text);
  const terminal = new AgentTerminal({ command, args, cwd, env: process.env }, maxBytes, show, SYSTEM_CLOCK);
  return { terminal, seen };
}

describe('AgentTerminal', () => {
  it('runs a program with its arguments, or a command line', async () => {
    const { terminal } = run('printf', 1_000, ['%s|', 'a b', '$HOME']);
    expect(await terminal.exited).toEqual({ exitCode: 0, signal: null });
    expect(terminal.output).toBe('a b|$HOME|');
    const line = run('echo $((1 + 1)) >&2; exit 3');
    expect(await line.terminal.exited).toEqual({ exitCode: 3, signal: null });
    expect(line.terminal.output).toBe('2\n');
  });

  it('C34 keeps the newest output, and never half a character of it', async () => {
    const { terminal, seen } = run('i=0; while [ $i -lt 40 ]; do printf "€"; i=$((i + 1)); done', 50);
    await terminal.exited;
    expect(seen.join('')).toBe('€'.repeat(40));
    expect([terminal.output, terminal.truncated]).toEqual(['€'.repeat(16), true]);
  });

  it('a program that does not exist has ended with 127, and says why', async () => {
    const { terminal } = run('/nowhere/program');
    expect(await terminal.exited).toEqual({ exitCode: 127, signal: null });
    expect(terminal.output).toContain('ENOENT');
  });

  it('has ended with its command, whoever has inherited its pipes, and keeps what they print then', async () => {
    const gate = path.join(await mkdtemp(path.join(os.tmpdir(), 'twinlane-terminal-')), 'gate');
    execFileSync('mkfifo', [gate]);
    const { terminal } = run(`(read word <${gate}; echo late) & head -c 60000 /dev/zero | tr '\\0' x`, 100_000);
    expect(await terminal.exited).toEqual({ exitCode: 0, signal: null });
    expect(terminal.output).toBe('x'.repeat(60_000));
    await writeFile(gate, 'go\n');
    await vi.waitFor(() => expect(terminal.output).toMatch(/late\n$/), { timeout: 30_000, interval: 10 });
    await rm(path.dirname(gate), { recursive: true });
  });

  it('has ended with its command, also when a job in background prints without end', async () => {
    const { terminal } = run('yes & exit 4');
    expect(await terminal.exited).toEqual({ exitCode: 4, signal: null });
    await terminal.kill(100);
  });

  it('ends the jobs that its command left in background, when it is killed', async () => {
    const { terminal } = run('echo $$; sleep 300 &');
    await terminal.exited;
    const group = Number(terminal.output);
    if (process.platform === 'linux') expect(await findGroups({ group })).toEqual(new Set([group]));
    await terminal.kill(60_000);
    expect(await findGroups({ group })).toEqual(new Set());
  });

  it('is read on when it was released, so that its jobs do not wait, but shows no more', async () => {
    const { terminal, seen } = run('yes &');
    await terminal.exited;
    await terminal.release(100);
    const shown = seen.length;
    const group = await terminal.kill(100);
    expect([seen.length, group]).toEqual([shown, undefined]);
  });

  it('is ended with all that it started', async () => {
    const { terminal } = run('sleep 1000 & sleep 1000');
    await terminal.kill(100);
    expect(await terminal.exited).toEqual({ exitCode: null, signal: 'SIGTERM' });
  });
});

describe('AgentTerminals', () => {
  const start = () => new AgentTerminals(OPTIONS, SYSTEM_CLOCK, () => Promise.resolve());
  const command = (fields: object) => terminalCommand({ ...fields }, cwd, { PATH: process.env['PATH'] });

  it('has at most so many, until one is released', async () => {
    const terminals = start();
    const { terminalId } = terminals.create(command({ command: 'sleep', args: ['1000'] }), {});
    expect(() => terminals.create(command({ command: 'true' }), {})).toThrow('release one first');
    expect(terminals.isRunning).toBe(true);
    await terminals.release({ terminalId });
    expect(() => terminals.output({ terminalId })).toThrow('may have been released');
    const second = terminals.create(command({ command: 'true' }), {});
    expect(await terminals.exited({ ...second })).toEqual({ exitCode: 0, signal: null });
    expect(terminals.output({ ...second })).toMatchObject({ truncated: false, exitStatus: { exitCode: 0 } });
  });

  it.skipIf(process.platform !== 'linux')('what a command left behind ends with the session', async () => {
    const terminals = start();
    const line = "setsid sh -c 'echo $$; exec sleep 1000 >/dev/null 2>&1' &";
    const { terminalId } = terminals.create(command({ command: '/bin/sh', args: ['-c', line] }), {});
    await terminals.exited({ terminalId });
    const pid = Number(terminals.output({ terminalId })['output']);
    await terminals.release({ terminalId });
    expect(process.kill(pid, 0)).toBe(true);
    await terminals.close();
    // It is dead; whoever has adopted it collects it.
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 60_000, interval: 10 });
  });

  it('gives a command the variables that the agent names, beside those that every child may have', () => {
    const env = [{ name: 'OWN', value: '1' }, { name: '', value: '2' }, { value: '3' }];
    expect(command({ command: 'x', args: ['a', 7], env })).toEqual({
      command: 'x',
      args: ['a'],
      cwd,
      env: { PATH: process.env['PATH'], OWN: '1' },
    });
    expect(() => command({})).toThrow('command: text is missing');
  });
});
