import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ApprovalDecision, type Delta, SYSTEM_CLOCK } from '../../protocol/index.js';
import type { AgentTurn, ToolQuestion } from '../agent.js';
import { Permissions, PermissionsOptions } from '../../permissions/index.js';
import { findGroups } from '../../processes/index.js';
import { ShellAgent } from './shell.agent.js';
import { ShellOptions } from './shell.options.js';

class FakeTurn implements AgentTurn {
  readonly runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };
  readonly turnId = 'turn-1';
  readonly runId = 'run-1';
  readonly mode = 'standard';
  readonly messages;
  readonly deltas: Delta[] = [];
  readonly questions: ToolQuestion[] = [];
  readonly abortion = new AbortController();
  readonly signal = this.abortion.signal;
  decision: ApprovalDecision = { behavior: 'allow' };
  room: Promise<void> = Promise.resolve();
  private asksForRoom = (): void => {};
  /** Resolves once there is output that waits for room. */
  readonly waitsForRoom = new Promise<void>((resolve) => {
    this.asksForRoom = resolve;
  });
  private watchers: (() => void)[] = [];

  constructor(
    command: string,
    readonly cwd: string,
    content: unknown = command,
  ) {
    this.messages = [{ role: 'user' as const, content }];
  }

  emit(delta: Delta): void {
    this.deltas.push(delta);
    for (const resolve of this.watchers.splice(0)) resolve();
  }

  ready(): Promise<void> {
    this.asksForRoom();
    return this.room;
  }

  progress(): void {}

  askApproval(question: ToolQuestion): Promise<ApprovalDecision> {
    this.questions.push(question);
    return Promise.resolve(this.decision);
  }

  output(stream?: string): string {
    return this.deltas
      .filter((delta) => delta['status'] === 'running' && (stream === undefined || delta['stream'] === stream))
      .map((delta) => String(delta['tool_return']))
      .join('');
  }

  get last(): Delta | undefined {
    return this.deltas.at(-1);
  }

  async untilOutput(text: string): Promise<void> {
    while (!this.output().includes(text)) await new Promise<void>((resolve) => this.watchers.push(resolve));
  }
}

let cwd: string;
const permissions = new Permissions(new PermissionsOptions());
const agent = new ShellAgent(Object.assign(new ShellOptions(), { killGraceMs: 200 }), permissions, SYSTEM_CLOCK);
const run = async (command: string, decision: ApprovalDecision = { behavior: 'allow' }) => {
  const turn = new FakeTurn(command, cwd);
  turn.decision = decision;
  return { turn, end: await agent.start(turn) };
};

beforeEach(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'twinlane-shell-'));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

/** Whether a process is there and no mere zombie. */
async function lives(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return !/\) Z /.test(stat);
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<void> {
  while (await lives(pid)) await new Promise((resolve) => setImmediate(resolve));
}

describe('ShellAgent', () => {
  it('says what of an input it leaves out, before anything is run', async () => {
    const turn = new FakeTurn('', cwd, [
      { type: 'text', text: 'echo text' },
      { type: 'image', source: {} },
      { type: 'resource', resource: {} },
      { type: 'image', source: {} },
      null,
    ]);
    expect(await agent.start(turn)).toEqual({ stopReason: 'end_turn' });
    expect(turn.deltas[0]).toMatchObject({
      message_type: 'status',
      level: 'warning',
      message: expect.stringContaining('Left out: 2 image, 1 resource, 1 unknown.'),
    });
    expect(turn.deltas.filter(({ message_type }) => message_type === 'status')).toHaveLength(1);
    expect(turn.output()).toBe('text\n');
    const withoutText = new FakeTurn('', cwd, [{ type: 'resource', resource: {} }]);
    expect(await agent.start(withoutText)).toMatchObject({
      stopReason: 'error',
      error: expect.stringContaining('holds no text'),
    });
    expect(withoutText.last).toMatchObject({ message_type: 'status', level: 'warning' });
  });

  it('asks, then shows call, start, output, end and the exit code, in this order', async () => {
    const { turn, end } = await run('printf out; printf err >&2');
    expect(end).toEqual({ stopReason: 'end_turn' });
    expect(turn.questions).toEqual([
      expect.objectContaining({ tool_name: 'shell', input: { command: 'printf out; printf err >&2', cwd } }),
    ]);
    const types = turn.deltas.map(({ message_type, status }) =>
      typeof status === 'string' ? `${message_type} ${status}` : message_type,
    );
    expect([...new Set(types)]).toEqual([
      'tool_call_message',
      'client_tool_start',
      'tool_return_message running',
      'client_tool_end success',
      'tool_return_message success',
    ]);
    expect([turn.output('stdout'), turn.output('stderr')]).toEqual(['out', 'err']);
    expect(turn.last).toMatchObject({ status: 'success', exit_code: 0 });
    const calls = new Set(turn.deltas.map((delta) => delta['tool_call_id']).filter(Boolean));
    expect(calls.size).toBe(1);
  });

  it('a command that fails is a turn that ends, with its exit code', async () => {
    const { turn, end } = await run('exit 3');
    expect(end).toEqual({ stopReason: 'end_turn' });
    expect(turn.last).toMatchObject({ message_type: 'tool_return_message', status: 'error', exit_code: 3 });
  });

  it('runs in the working directory, with nothing on standard input', async () => {
    const { turn } = await run('pwd; cat; touch here');
    expect(turn.output().trim()).toMatch(new RegExp(`${path.basename(cwd)}$`));
    expect(existsSync(path.join(cwd, 'here'))).toBe(true);
  });

  it('C34 keeps a character intact that the command writes in two parts', async () => {
    const { turn } = await run(
      String.raw`printf '\342\202'; sleep 0.05; printf '\254 \360\237'; sleep 0.05; printf '\230\200\n'`,
    );
    expect(turn.output('stdout')).toBe('€ 😀\n');
  });

  it('shows output while the command runs', async () => {
    const turn = new FakeTurn('echo first; while [ ! -e go ]; do sleep 0.01; done; echo second', cwd);
    const ended = agent.start(turn);
    await turn.untilOutput('first');
    expect(turn.output()).not.toContain('second');
    await run('touch go');
    await ended;
    expect(turn.output()).toBe('first\nsecond\n');
  });

  it('loses nothing of a large output, and the command waits while there is no room', async () => {
    let makeRoom = (): void => {};
    const turn = new FakeTurn('seq 1 200000; echo done > finished', cwd);
    turn.room = new Promise((resolve) => (makeRoom = resolve));
    const ended = agent.start(turn);
    await turn.waitsForRoom;
    expect(turn.output()).toBe('');
    expect(existsSync(path.join(cwd, 'finished'))).toBe(false);
    makeRoom();
    await ended;
    expect(turn.output().split('\n').length).toBe(200_001);
    expect(turn.output().endsWith('\n199999\n200000\n')).toBe(true);
  });

  it('denied: nothing runs, the reason is shown, and the turn ends as denied', async () => {
    const { turn, end } = await run('touch ran', { behavior: 'deny', message: 'not today' });
    expect(end).toEqual({ stopReason: 'denied', error: 'not today' });
    expect(turn.last).toMatchObject({ message_type: 'tool_return_message', status: 'error', tool_return: 'not today' });
    expect(existsSync(path.join(cwd, 'ran'))).toBe(false);
  });

  it('runs the command as whoever allowed it corrected it', async () => {
    const { turn } = await run('echo one', { behavior: 'allow', updated_input: { command: 'echo two' } });
    expect(turn.output()).toBe('two\n');
    expect(turn.deltas).toContainEqual(
      expect.objectContaining({ message_type: 'client_tool_start', command: 'echo two' }),
    );
  });

  it('an input without text is an error that says what to send', async () => {
    const { turn, end } = await run('  ');
    expect(end).toMatchObject({ stopReason: 'error', error: expect.stringContaining('send the command line') });
    expect(turn.deltas).toEqual([]);
  });

  it('a shell that cannot start, or that is killed, is an error', async () => {
    const turn = new FakeTurn('echo', path.join(cwd, 'gone'));
    const end = await agent.start(turn);
    expect(end).toMatchObject({ stopReason: 'error', error: expect.stringContaining('did not start') });
    expect(turn.last).toMatchObject({ status: 'error', exit_code: null });
    const tooLong = await run(`: ${'x'.repeat(200_000)}`);
    expect(tooLong.end).toMatchObject({ stopReason: 'error', error: expect.stringContaining('did not start') });
    const killed = await run('kill -KILL $$');
    expect(killed.end).toMatchObject({ stopReason: 'error', error: expect.stringContaining('SIGKILL') });
    expect(killed.turn.last).toMatchObject({ exit_code: null, signal: 'SIGKILL' });
  });

  it.skipIf(process.platform !== 'linux')(
    'jobs in background outlive their turn, and end with the listener',
    async () => {
      const turn = new FakeTurn("setsid sh -c 'echo $$; exec sleep 1000 >/dev/null 2>&1' &", cwd);
      expect((await agent.start(turn)).stopReason).toBe('end_turn');
      const group = Number(turn.output());
      expect(await findGroups({ group })).toEqual(new Set([group]));
      await agent.onApplicationShutdown();
      expect(await findGroups({ group })).toEqual(new Set());
    },
  );

  it('does not hand the listener’s token to commands', async () => {
    process.env['TWINLANE_TOKEN'] = 'secret';
    try {
      const { turn } = await run('echo "[$TWINLANE_TOKEN]"');
      expect(turn.output()).toBe('[]\n');
    } finally {
      delete process.env['TWINLANE_TOKEN'];
    }
  });
});

describe('aborting the shell agent', () => {
  const abortAfter = async (command: string) => {
    const turn = new FakeTurn(command, cwd);
    const ended = agent.start(turn);
    await turn.untilOutput('\n');
    turn.abortion.abort();
    return { turn, end: await ended, pids: turn.output().trim().split('\n').map(Number) };
  };

  it('ends the shell and what it started', async () => {
    const { turn, end, pids } = await abortAfter('sleep 1000 & echo $! && wait');
    expect(end).toEqual({ stopReason: 'cancelled' });
    expect(turn.last).toMatchObject({ message_type: 'tool_return_message', status: 'error', signal: 'SIGTERM' });
    for (const pid of pids) await untilGone(pid);
  });

  it('ends what ignores SIGTERM, after the grace', async () => {
    const { end, pids } = await abortAfter(`trap '' TERM; sh -c 'trap "" TERM; echo $$; while :; do sleep 0.1; done'`);
    expect(end).toEqual({ stopReason: 'cancelled' });
    for (const pid of pids) await untilGone(pid);
  });

  it('ends an orphan that ignores SIGTERM and holds no pipe', async () => {
    const { end, pids } = await abortAfter(
      `sh -c 'trap "" TERM; echo $$ > orphan; while :; do sleep 0.1; done' >/dev/null 2>&1 & while [ ! -s orphan ]; do sleep 0.01; done; cat orphan; sleep 1000`,
    );
    expect(end).toEqual({ stopReason: 'cancelled' });
    for (const pid of pids) await untilGone(pid);
  });

  it('ends a turn whose shell has exited while a child holds its output open', async () => {
    const { end, pids } = await abortAfter('sleep 1000 & echo $!');
    expect(end).toEqual({ stopReason: 'cancelled' });
    for (const pid of pids) await untilGone(pid);
  });

  it('ends a command that waits for room, without waiting for room', async () => {
    const turn = new FakeTurn('yes', cwd);
    turn.room = new Promise(() => {});
    const ended = agent.start(turn);
    await turn.waitsForRoom;
    turn.abortion.abort();
    expect(await ended).toEqual({ stopReason: 'cancelled' });
  });
});
