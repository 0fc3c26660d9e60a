import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeTurn, type FakeTurnOptions } from '../../../test/kit/fake-turn.js';
import { Permissions, PermissionsOptions } from '../../permissions/index.js';
import { type Runtime, SYSTEM_CLOCK } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { AcpAgent } from './acp.agent.js';
import { AcpOptions } from './acp.options.js';

const SCRIPT = fileURLToPath(new URL('../../../test/kit/scripted-acp-agent.mjs', import.meta.url));
const COMMAND = `"${process.execPath}" "${SCRIPT}"`;
const VARIABLES = [
  'SCRIPTED_SESSIONS',
  'SCRIPTED_REOPENS',
  'SCRIPTED_START',
  'SCRIPTED_SESSION_ERROR',
  'SCRIPTED_PAUSE_MS',
];

let folder: string;
let cwd: string;
let agents: AcpAgent[];
let log: string[];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'twinlane-acp-')));
  cwd = path.join(folder, 'workspace');
  await mkdir(cwd);
  agents = [];
  log = [];
  for (const level of ['log', 'warn', 'error'] as const)
    vi.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void log.push(String(line)));
});

afterEach(async () => {
  for (const agent of agents) await agent.onApplicationShutdown();
  for (const name of VARIABLES) delete process.env[name];
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

function start(options: Partial<AcpOptions> = {}, env: Readonly<Record<string, string>> = {}): AcpAgent {
  Object.assign(process.env, env);
  const all = Object.assign(
    new AcpOptions(),
    { command: COMMAND, env: VARIABLES, stopGraceMs: 500, restartMinMs: 1, restartMaxMs: 10 },
    options,
  );
  const agent = new AcpAgent(all, new Workspace(cwd), new Permissions(new PermissionsOptions()), SYSTEM_CLOCK);
  agents.push(agent);
  return agent;
}

async function run(agent: AcpAgent, text: string, options: FakeTurnOptions = {}) {
  const turn = new FakeTurn(text, cwd, options);
  return { turn, end: await agent.start(turn) };
}

async function untilGone(pid: number): Promise<void> {
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 5_000, interval: 10 });
}

describe('a turn of an ACP agent', () => {
  it('shows thoughts and text as they come, and what was used', async () => {
    const { turn, end } = await run(start(), 'think hm\nsay Hello \nsay world');
    expect(end).toEqual({ stopReason: 'end_turn' });
    expect(turn.text).toBe('Hello world');
    expect(turn.of('reasoning_message')).toMatchObject([{ reasoning: 'hm' }]);
    expect(turn.of('usage_statistics')).toMatchObject([{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }]);
    expect(turn.activities).toEqual(['WAITING_FOR_API_RESPONSE', 'PROCESSING_API_RESPONSE']);
  });

  it('has every update of a turn before its end, in order', async () => {
    const { turn } = await run(start(), 'burst 2000');
    expect(turn.text.trim().split(' ').map(Number)).toEqual(Array.from({ length: 2_000 }, (_, at) => at + 1));
  });

  it('shows the output of a tool as what is new of it', async () => {
    const { turn } = await run(start(), 'tool one two three');
    expect(turn.deltas.map(({ message_type, status, tool_return }) => [message_type, status, tool_return])).toEqual([
      ['tool_call_message', undefined, undefined],
      ['client_tool_start', undefined, undefined],
      ['tool_return_message', 'running', 'one\n'],
      ['tool_return_message', 'running', 'two\n'],
      ['tool_return_message', 'running', 'three\n'],
      ['client_tool_end', 'success', undefined],
      ['tool_return_message', 'success', ''],
      ['usage_statistics', undefined, undefined],
    ]);
    expect(turn.activities).toContain('EXECUTING_CLIENT_SIDE_TOOL *');
  });

  it('shows plans, usage of the context, and passes over updates that it does not know', async () => {
    const { turn, end } = await run(start(), 'plan look,mend\nuse 10\nunknown\nsay done');
    expect(turn.notices).toEqual(['Plan:\n[>] look\n[ ] mend']);
    expect(turn.of('usage_statistics')[0]).toMatchObject({ context_tokens: 10, context_window: 1000 });
    expect([turn.text, end.stopReason]).toEqual(['done', 'end_turn']);
  });

  it('sends images where the agent takes them, and says what it left out', async () => {
    const content = [
      { type: 'text', text: 'blocks' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'resource', resource: { uri: 'file:///a', text: 'A' } },
      { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
    ];
    const { turn } = await run(start(), '', { messages: [{ role: 'user', content }] });
    expect(turn.notices).toEqual(['Left out of the message: audio (this agent takes none).']);
    const sent = run(start(), '', {
      messages: [{ role: 'user', content: [content[1], { type: 'text', text: 'blocks' }] }],
    });
    expect(JSON.parse((await sent).turn.text)).toEqual([
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      { type: 'text', text: 'blocks' },
    ]);
  });

  it('a re-streamed message is shown once', async () => {
    const agent = start({ restreamPauseMs: 20 }, { SCRIPTED_PAUSE_MS: '60' });
    expect((await run(agent, 'restream one two three four')).turn.text).toBe('one two three four ');
  });

  it.each([
    ['max_tokens', 'longest'],
    ['refusal', 'refused'],
  ])('passes the stop reason %s on, and says what to do', async (reason, words) => {
    const { end } = await run(start(), `end ${reason}`);
    expect(end).toEqual({ stopReason: reason, error: expect.stringContaining(words) });
  });

  it('a failed turn (-32603) is an error with the agent’s words, and the agent lives', async () => {
    const agent = start();
    expect((await run(agent, 'fail no model')).end).toEqual({
      stopReason: 'error',
      error: expect.stringContaining('Internal error: no model'),
    });
    expect((await run(agent, 'said')).turn.text).toBe('fail no model|said');
  });

  it('keeps a session for each runtime, and sends an absolute directory inside of the workspace', async () => {
    const agent = start();
    const other: Runtime = { agent_id: null, conversation_id: 'conv-2' };
    await Promise.all([run(agent, 'say a'), run(agent, 'say b', { runtime: other })]);
    expect((await run(agent, 'said')).turn.text).toBe('say a|said');
    expect((await run(agent, 'said', { runtime: other })).turn.text).toBe('say b|said');
    expect((await run(agent, 'cwd')).turn.text).toBe(cwd);
  });

  it('goes on with the session in another working directory, where the agent can', async () => {
    const agent = start({}, { SCRIPTED_REOPENS: 'resume' });
    await run(agent, 'say a');
    await mkdir(path.join(cwd, 'sub'));
    const turn = new FakeTurn('cwd\nsaid', path.join(cwd, 'sub'));
    await agent.start(turn);
    expect(turn.text).toBe(`${path.join(cwd, 'sub')}say a|cwd`);
  });

  it('shows modes, commands and the title beside turns', async () => {
    const agent = start();
    const changed: Runtime[] = [];
    agent.watchStatus((runtime) => changed.push(runtime));
    const { turn } = await run(agent, 'mode plan\ntitle Mending\nsay x');
    expect(changed.length).toBeGreaterThan(0);
    expect(agent.statusOf(turn.runtime)).toEqual({
      title: 'Mending',
      current_mode: 'plan',
      modes: [
        { id: 'build', name: 'Build' },
        { id: 'plan', name: 'Plan', description: 'changes nothing' },
      ],
      commands: [{ name: 'review', description: 'reviews changes', hint: '[branch]' }],
    });
  });

  it('holds the agent back while there is no room', async () => {
    const agent = start();
    let makeRoom = (): void => {};
    const turn = new FakeTurn('burst 5000', cwd);
    const ended = agent.start(turn);
    await turn.until(({ deltas }) => deltas.length > 0);
    turn.room = new Promise((resolve) => (makeRoom = resolve));
    const [shown, asked] = [turn.deltas.length, turn.asked];
    await turn.until((waiting) => waiting.asked > asked);
    expect(turn.deltas.length).toBeGreaterThanOrEqual(shown);
    expect(turn.deltas.length).toBeLessThan(5_000);
    makeRoom();
    await ended;
    expect(turn.text.trim().split(' ')).toHaveLength(5_000);
  });

  it('gives the agent no token, and of the environment only what is named', async () => {
    process.env['TWINLANE_TOKEN'] = 'secret';
    process.env['OTHER_SECRET'] = 'secret';
    const { turn } = await run(start(), 'env TWINLANE_TOKEN\nenv OTHER_SECRET\nenv PATH');
    delete process.env['TWINLANE_TOKEN'];
    delete process.env['OTHER_SECRET'];
    expect(turn.text).toBe(`undefinedundefined${process.env['PATH']}`);
  });
});

describe('an ACP agent that asks', () => {
  const edit = (name = 'file.txt', text = 'new text'): string => `edit ${path.join(cwd, name)} ${text}`;

  it('granted: the question shows its options, the file changes, the diff is shown, and it is asked once', async () => {
    await writeFile(path.join(cwd, 'file.txt'), 'old text\n');
    const { turn, end } = await run(start(), edit());
    expect(end.stopReason).toBe('end_turn');
    expect(turn.questions).toMatchObject([
      {
        tool_name: 'write',
        access: 'write',
        input: { newText: 'new text' },
        permission_suggestions: [
          { id: 'allow', text: 'Allow once', kind: 'allow_once' },
          { id: 'allow-always', text: 'Always allow', kind: 'allow_always' },
          { id: 'reject', text: 'Reject', kind: 'reject_once' },
        ],
      },
    ]);
    expect(await readFile(path.join(cwd, 'file.txt'), 'utf8')).toBe('new text');
    const diffs = turn
      .of('tool_return_message')
      .flatMap((delta) => (Array.isArray(delta['diffs']) ? delta['diffs'] : []));
    expect(diffs).toEqual([
      { path: path.join(cwd, 'file.txt'), created: false, patch: expect.stringContaining('-old text\n+new text') },
    ]);
    expect(turn.text).toBe('allow');
  });

  it('a suggestion that was chosen is the option that the agent gets', async () => {
    const answer = { behavior: 'allow', selected_permission_suggestion_ids: ['allow-always'] } as const;
    expect((await run(start(), edit(), { answer })).turn.text).toBe('allow-always');
  });

  it('denied: nothing changes, and the turn ends as denied', async () => {
    const { turn, end } = await run(start(), edit(), { answer: { behavior: 'deny', message: 'not today' } });
    expect(end).toEqual({ stopReason: 'denied', error: 'not today' });
    expect(existsSync(path.join(cwd, 'file.txt'))).toBe(false);
    expect(turn.of('client_tool_end')).toMatchObject([{ status: 'error' }]);
  });

  it('a corrected input, which no agent takes, is refused and told', async () => {
    const answer = { behavior: 'allow', updated_input: { newText: 'mine' } } as const;
    const { turn, end } = await run(start(), edit(), { answer });
    expect(end.stopReason).toBe('denied');
    expect(turn.notices).toEqual([expect.stringContaining('cannot take a corrected input')]);
  });

  it('in mode acceptEdits edits are not asked about, and commands are', async () => {
    const { turn } = await run(start(), `${edit()}\nrun echo hi`, { mode: 'acceptEdits' });
    expect(turn.questions).toMatchObject([
      { tool_name: 'terminal', access: 'execute', input: { command: 'echo hi', cwd } },
    ]);
    expect(turn.text).toBe('allow0: hi\n');
  });

  it.each([
    ['standard', 'read', 'file.txt', 'Look', 'write file.txt new', 'write_text_file'],
    ['acceptEdits', 'edit', 'file.txt', 'echo hi', 'run echo hi', 'terminal'],
    ['standard', 'read', '-', 'echo hi', 'run echo hi', 'terminal'],
  ] as const)('in mode %s a call to %s allows no more than that', async (mode, kind, file, title, step, asked) => {
    const place = file === '-' ? file : path.join(cwd, file);
    const { turn } = await run(start(), `ask ${kind} ${place} ${title}\n${step}`, { mode });
    expect(turn.text).toMatch(/^allow/);
    expect(turn.questions).toMatchObject([{ tool_name: asked }]);
  });

  it('a command that was asked about is not asked about again', async () => {
    const { turn } = await run(start(), 'ask execute - echo hi\nrun echo hi');
    expect(turn.questions).toMatchObject([{ access: 'execute', input: { title: 'echo hi' } }]);
    expect(turn.text).toBe('allow0: hi\n');
  });

  it('C35 what lies outside of the workspace is asked about as if it were anything', async () => {
    const { turn } = await run(start(), `edit ${path.join(folder, 'outside.txt')} x`, { mode: 'acceptEdits' });
    expect(turn.questions).toMatchObject([{ access: 'execute' }]);
    expect(existsSync(path.join(folder, 'outside.txt'))).toBe(false);
  });

  it('what the device keeps to itself is refused without a question', async () => {
    const { turn, end } = await run(start(), edit('.env'), { mode: 'unrestricted' });
    expect(turn.questions).toEqual([]);
    expect(turn.notices).toEqual([expect.stringContaining('kept from clients and agents')]);
    expect(end.stopReason).toBe('denied');
  });

  it('is told that the turn was cancelled while nobody had answered', async () => {
    const agent = start();
    const turn = new FakeTurn(edit(), cwd, { answer: 'nobody' });
    const ended = agent.start(turn);
    await turn.until(({ questions }) => questions.length > 0);
    turn.abortion.abort();
    expect(await ended).toEqual({ stopReason: 'cancelled' });
  });
});

describe('files and terminals for an ACP agent', () => {
  it('reads files of the workspace, whole or by lines', async () => {
    await writeFile(path.join(cwd, 'lines'), 'one\ntwo\nthree\nfour\n');
    const { turn } = await run(start(), 'read lines 2 2');
    expect(turn.text).toBe('two\nthree');
  });

  it('says by its own error that a file does not exist', async () => {
    const { end } = await run(start(), 'read missing.txt');
    expect(end.error).toContain('missing.txt');
    expect(end.error).toContain('not found');
  });

  it('writes after a question of its own, where the agent has asked none', async () => {
    const { turn } = await run(start(), 'write sub/new.txt some text');
    expect(turn.questions).toMatchObject([
      { tool_name: 'write_text_file', access: 'write', input: { diff: expect.stringContaining('+some text') } },
    ]);
    expect(await readFile(path.join(cwd, 'sub/new.txt'), 'utf8')).toBe('some text');
  });

  it.each([
    ['out by ..', 'write ../outside.txt x'],
    ['out by an absolute path', 'read /etc/passwd'],
    ['out through a link', 'write link/x.txt x'],
    ['to what is kept back', 'read .env'],
  ])('C35 refuses a path that leads %s', async (_, step) => {
    await symlink(folder, path.join(cwd, 'link'));
    await writeFile(path.join(cwd, '.env'), 'SECRET=1');
    const { end } = await run(start(), step, { mode: 'unrestricted' });
    expect(end).toMatchObject({
      stopReason: 'error',
      error: expect.stringMatching(/outside of the workspace|kept from/),
    });
    expect(existsSync(path.join(folder, 'outside.txt')) || existsSync(path.join(folder, 'x.txt'))).toBe(false);
  });

  it('refuses what is no regular file, and might never end, before anybody is asked', async () => {
    execFileSync('mkfifo', [path.join(cwd, 'pipe')]);
    const agent = start();
    for (const step of ['read pipe', 'write pipe x']) {
      const { turn, end } = await run(agent, step);
      expect(end.error).toContain('no regular file');
      expect(turn.questions).toEqual([]);
    }
  });

  it('runs commands, shows their output as that of the tool, and says how they ended', async () => {
    const { turn } = await run(start(), 'run echo one; sleep 0.05; echo two; exit 3', { mode: 'unrestricted' });
    expect(turn.text).toBe('3: one\ntwo\n');
    expect(turn.output).toContain('one\ntwo\n');
    expect(turn.of('client_tool_end')).toMatchObject([{ status: 'error' }]);
  });

  it('commands see of the environment what every child may', async () => {
    process.env['OTHER_SECRET'] = 'secret';
    const { turn } = await run(start(), 'run echo "[$OTHER_SECRET]"', { mode: 'unrestricted' });
    delete process.env['OTHER_SECRET'];
    expect(turn.text).toBe('0: []\n');
  });

  it('a denied command does not run', async () => {
    const { end } = await run(start(), 'run touch ran', { answer: { behavior: 'deny', message: 'no' } });
    expect(end).toMatchObject({ stopReason: 'error', error: expect.stringContaining('no') });
    expect(existsSync(path.join(cwd, 'ran'))).toBe(false);
  });
});

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
      const agent = start({}, { SCRIPTED_REOPENS: how, SCRIPTED_SESSIONS: path.join(folder, 'sessions') });
      await run(agent, 'say before');
      await run(agent, 'crash');
      const { turn } = await run(agent, 'said');
      expect(turn.text).toBe('say before|crash|said');
      expect(turn.notices).toEqual([]);
    },
  );

  it('a restarted listener goes on with its sessions', async () => {
    const env = { SCRIPTED_REOPENS: 'resume', SCRIPTED_SESSIONS: path.join(folder, 'sessions') };
    const first = start({ dataDir: path.join(folder, 'data') }, env);
    await run(first, 'say before');
    await first.onApplicationShutdown();
    expect((await run(start({ dataDir: path.join(folder, 'data') }, env), 'said')).turn.text).toBe('say before|said');
  });

  it('an agent that hangs is ended, and the turn says so', async () => {
    const { end } = await run(start({ idleTimeoutMs: 100 }), 'say x\nhang');
    expect(end).toEqual({ stopReason: 'error', error: expect.stringContaining('no sign of life for 0.1 s') });
  });

  it('having no room for what it says is no silence', async () => {
    const agent = start({ idleTimeoutMs: 100 });
    const turn = new FakeTurn('say x\nburst 5000', cwd);
    turn.room = new Promise((resolve) => setTimeout(resolve, 400));
    expect((await agent.start(turn)).stopReason).toBe('end_turn');
  });

  it('waiting for a person, or for a command, is no silence', async () => {
    const agent = start({ idleTimeoutMs: 100 });
    const { end } = await run(agent, 'run sleep 0.4', { mode: 'unrestricted' });
    expect(end.stopReason).toBe('end_turn');
  });

  it('a cancelled turn ends as cancelled, also when the agent calls it end_turn', async () => {
    const agent = start();
    for (const reason of ['cancelled', 'end_turn']) {
      const turn = new FakeTurn(`say x\nwait ${reason}`, cwd);
      const ended = agent.start(turn);
      await turn.until(({ text }) => text !== '');
      turn.abortion.abort();
      expect(await ended).toEqual({ stopReason: 'cancelled' });
    }
  });

  it('an agent that does not take a cancel is ended, and the next turn waits for that', async () => {
    const agent = start({ cancelTimeoutMs: 50 });
    const turn = new FakeTurn('say x\nhang', cwd);
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
    const turn = new FakeTurn('run echo $$; exec sleep 1000', cwd, { mode: 'unrestricted' });
    const ended = agent.start(turn);
    await turn.until(({ output }) => output.includes('\n'));
    turn.abortion.abort();
    expect(await ended).toEqual({ stopReason: 'cancelled' });
    await untilGone(Number(turn.output.split('\n')[0]));
  });

  it('the listener can stop while the agent has not begun, or waits to be started again', async () => {
    const hanging = start({}, { SCRIPTED_START: 'hang' });
    const turn = new FakeTurn('say x', cwd);
    const ended = hanging.start(turn);
    await vi.waitFor(() => expect(log).toContain('scripted agent starts'));
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
    await vi.waitFor(() => expect(log.some((line) => /^y{80} … \(120 characters more\)$/.test(line))).toBe(true));
    expect(log).toContain('scripted agent starts');
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
