import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AcpBench } from '../../../test/kit/acp-bench.js';
import { FakeTurn } from '../../../test/kit/fake-turn.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import type { AcpOptions } from './acp.options.js';

let bench: AcpBench;
beforeEach(async () => (bench = await AcpBench.open()));
afterEach(() => bench.close());

const start: AcpBench['start'] = (...given) => bench.start(...given);
const run: AcpBench['run'] = (...given) => bench.run(...given);

async function untilGone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 30_000, interval: 10 });
}

describe('an ACP agent that goes wrong', () => {
  it('a crash ends the turn with an error, and the next turn has a new agent', async () => {
    const agent = start();
    const { turn, end } = await run(agent, 'say before\ncrash');
    expect(end).toEqual({ stopReason: 'error', error: expect.stringMatching(/was killed by SIGKILL.*started anew/) });
    expect(turn.text).toBe('before');
    const next = await run(agent, 'said');
    expect(next.turn.text).toBe('said');
    expect(next.turn.notices).toEqual([expect.stringContaining('does not go on with the session')]);
  });

  it.each(['load', 'resume'])(
    'after a crash it goes on with the session (session/%s), and repeats nothing',
    async (how) => {
      const agent = start({}, { SCRIPTED_REOPENS: how, SCRIPTED_SESSIONS: path.join(bench.folder, 'sessions') });
      await run(agent, 'say before');
      await run(agent, 'crash');
      const { turn } = await run(agent, 'said');
      expect(turn.text).toBe('say before|crash|said');
      expect(turn.notices).toEqual([]);
    },
  );

  it('a restarted listener goes on with its sessions', async () => {
    const env = { SCRIPTED_REOPENS: 'resume', SCRIPTED_SESSIONS: path.join(bench.folder, 'sessions') };
    const first = start({ dataDir: path.join(bench.folder, 'data') }, env);
    await run(first, 'say before');
    await first.onApplicationShutdown();
    expect((await run(start({ dataDir: path.join(bench.folder, 'data') }, env), 'said')).turn.text).toBe(
      'say before|said',
    );
  });

  it('an agent that hangs is ended, and the turn says so', async () => {
    const { end } = await run(start({ idleTimeoutMs: 100 }), 'say x\nhang');
    expect(end).toEqual({ stopReason: 'error', error: expect.stringContaining('no sign of life for 0.1 s') });
  });

  it('having no room for what it says is no silence', async () => {
    const clock = new ManualClock();
    const agent = start({ idleTimeoutMs: 100 }, {}, clock);
    let makeRoom = (): void => {};
    const turn = new FakeTurn('say x\nburst 5000', bench.cwd);
    const ended = agent.start(turn);
    await clock.advance(0);
    await turn.until(({ text }) => text !== '');
    turn.room = new Promise((resolve) => (makeRoom = resolve));
    const { asked } = turn;
    await turn.until((waiting) => waiting.asked > asked);
    await clock.advance(1_000);
    makeRoom();
    expect((await ended).stopReason).toBe('end_turn');
  });

  it('an agent that is not read, because another turn has no room, is not late with the end of a cancelled one', async () => {
    const clock = new ManualClock();
    const agent = start({ cancelTimeoutMs: 100, idleTimeoutMs: 60_000 }, {}, clock);
    let makeRoom = (): void => {};
    const cancelled = new FakeTurn('say x\nwait cancelled', bench.cwd);
    const ends = agent.start(cancelled);
    await clock.advance(0);
    await cancelled.until(({ text }) => text !== '');
    const busy = new FakeTurn('say y\nburst 5000', bench.cwd, {
      runtime: { agent_id: 'agent-2', conversation_id: 'c' },
    });
    const goesOn = agent.start(busy);
    await busy.until(({ text }) => text !== '');
    busy.room = new Promise((resolve) => (makeRoom = resolve));
    const { asked } = busy;
    await busy.until((waiting) => waiting.asked > asked);
    cancelled.abortion.abort();
    await clock.advance(1_000);
    makeRoom();
    expect(await ends).toEqual({ stopReason: 'cancelled' });
    expect((await goesOn).stopReason).toBe('end_turn');
  });

  it('waiting for a command is no silence', async () => {
    const clock = new ManualClock();
    const gate = path.join(bench.folder, 'gate');
    execFileSync('mkfifo', [gate]);
    const turn = new FakeTurn(`run echo on; read word <${gate}; echo off`, bench.cwd, { mode: 'unrestricted' });
    const ended = start({ idleTimeoutMs: 100 }, {}, clock).start(turn);
    await clock.advance(0);
    await turn.until(({ output }) => output.includes('on\n'));
    await clock.advance(1_000);
    await writeFile(gate, 'go\n');
    expect((await ended).stopReason).toBe('end_turn');
    expect(turn.text).toBe('0: on\noff\n');
  });

  it('waiting for a person is no silence', async () => {
    const clock = new ManualClock();
    const turn = new FakeTurn('ask execute - x', bench.cwd, { answer: 'nobody' });
    const ended = start({ idleTimeoutMs: 100 }, {}, clock).start(turn);
    await clock.advance(0);
    await turn.until(({ questions }) => questions.length > 0);
    await clock.advance(1_000);
    turn.abortion.abort();
    expect(await ended).toEqual({ stopReason: 'cancelled' });
  });

  it('a cancelled turn ends as cancelled, also when the agent calls it end_turn', async () => {
    const agent = start();
    for (const reason of ['cancelled', 'end_turn']) {
      const turn = new FakeTurn(`say x\nwait ${reason}`, bench.cwd);
      const ended = agent.start(turn);
      await turn.until(({ text }) => text !== '');
      turn.abortion.abort();
      expect(await ended).toEqual({ stopReason: 'cancelled' });
    }
  });

  it('an agent that does not take a cancel is ended, and the next turn waits for that', async () => {
    const agent = start({ cancelTimeoutMs: 50 });
    const turn = new FakeTurn('say x\nhang', bench.cwd);
    const ended = agent.start(turn);
    await turn.until(({ text }) => text !== '');
    turn.abortion.abort();
    const next = run(agent, 'say next');
    expect(await ended).toEqual({ stopReason: 'cancelled' });
    expect((await next).end.stopReason).toBe('error');
    expect((await run(agent, 'say again')).turn.text).toBe('again');
  });

  it('a cancel ends the commands that it runs through the listener', async () => {
    const agent = start();
    const turn = new FakeTurn('run echo $$; exec sleep 1000', bench.cwd, { mode: 'unrestricted' });
    const ended = agent.start(turn);
    await turn.until(({ output }) => output.includes('\n'));
    turn.abortion.abort();
    expect(await ended).toEqual({ stopReason: 'cancelled' });
    await untilGone(Number(turn.output.split('\n')[0]));
  });

  it('the listener can stop while the agent has not begun, or waits to be started again', async () => {
    const hanging = start({}, { SCRIPTED_START: 'hang' });
    const turn = new FakeTurn('say x', bench.cwd);
    const ended = hanging.start(turn);
    await vi.waitFor(() => expect(bench.log).toContain('scripted agent starts'));
    await hanging.onApplicationShutdown();
    expect(await ended).toEqual({ stopReason: 'error', error: expect.stringContaining('stopped with the listener') });
    const waiting = start({ restartMinMs: 60_000, restartMaxMs: 60_000 }, { SCRIPTED_START: 'exit' });
    await run(waiting, 'say x');
    const again = run(waiting, 'say x');
    await waiting.onApplicationShutdown();
    expect((await again).end.error).toContain('stopped with the listener');
  });

  it('tools that a crashed agent left in groups of their own are ended', async () => {
    const { turn } = await run(start(), 'spawn\ncrash');
    await untilGone(Number(turn.text));
  });

  it('tools are ended with the listener, also of an agent that does not leave', async () => {
    const agent = start({ stopGraceMs: 50 }, { SCRIPTED_START: 'stubborn' });
    const { turn } = await run(agent, 'spawn');
    await agent.onApplicationShutdown();
    await untilGone(Number(turn.text));
  });

  it('a line that is too long ends the agent, and says so', async () => {
    const { end } = await run(start({ maxLineBytes: 2_000 }), 'line 5000\nhang');
    expect(end.error).toContain('wrote a line of more than 2000 bytes');
  });

  it('a line that is no message is passed over', async () => {
    expect((await run(start(), 'line 20\nsay fine')).turn.text).toBe('fine');
  });

  it('its standard error goes to the log, in bounded lines', async () => {
    await run(start({ maxLogLineLength: 80 }), `noise ${'y'.repeat(200)}\nsay x`);
    await vi.waitFor(() => expect(bench.log.some((line) => /^y{80} … \(120 characters more\)$/.test(line))).toBe(true));
    expect(bench.log).toContain('scripted agent starts');
  });

  it.each([
    ['exits at once', { SCRIPTED_START: 'exit' }, {}, /ended with exit code 3/],
    ['does not answer', { SCRIPTED_START: 'hang' }, { startTimeoutMs: 400 }, /did not answer within 0.4 s/],
    ['speaks another version', { SCRIPTED_START: 'newer' }, {}, /version 99/],
    ['wants to be logged in', { SCRIPTED_SESSION_ERROR: '-32000' }, {}, /logged in.*scripted login/],
    ['opens no session', { SCRIPTED_SESSION_ERROR: '-32603' }, {}, /not now/],
    ['does not exist', {}, { command: '/nowhere/agent' }, /did not start \(.*ENOENT/],
    ['has a command line that cannot be read', {}, { command: '"agent' }, /quote/],
    ['is not named', {}, { command: undefined }, /--agent-command/],
  ])('an agent that %s is an error that says so', async (_, env, options, words) => {
    const agent = start(options as Partial<AcpOptions>, env);
    const { end } = await run(agent, 'say x');
    expect(end).toEqual({ stopReason: 'error', error: expect.stringMatching(words) });
  });
});
