import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, isEvent, TwinlaneClient } from '../../src/client/index.js';
import { findGroups } from '../../src/processes/index.js';
import type { ApprovalDecision, Delta, DeviceStatus, Frame } from '../../src/protocol/index.js';
import { FaultProxy } from '../kit/fault-proxy.js';
import { startListener, startRelay, TOKEN, urlOf } from '../kit/twinlane.js';
import { FakeModel } from './fake-model.js';
import { OPENCODE_RUNS_HERE, prepareOpencode } from './opencode.js';

/** Of each run another: by it its processes are known. */
const OWN = 'OPENCODE_SERVER_PASSWORD';

let root: string;
let workspace: string;
let model: FakeModel;
let relay: NestExpressApplication;
let towardsDevice: FaultProxy;
let towardsClients: FaultProxy;
let listener: INestApplicationContext;
const attachments: Attachment[] = [];
const before = { ...process.env };

async function attach(): Promise<Attachment> {
  const limits = { backoffFirstMs: 1 };
  const client = new TwinlaneClient({ server: towardsClients.url, token: TOKEN, WebSocket, limits });
  const [environment] = await client.environments();
  if (!environment) throw new Error('no environment');
  const attachment = await client.attach(environment, {});
  attachments.push(attachment);
  await attachment.runtimeStart({ agent_id: null });
  return attachment;
}

/** What one turn brought, in order. */
interface SeenTurn {
  readonly deltas: readonly Delta[];
  readonly end: Frame;
  readonly device: DeviceStatus | undefined;
}

interface Watching {
  readonly decision?: ApprovalDecision;
  /** Called with each delta, when it comes. */
  readonly seen?: (delta: Delta) => unknown;
}

async function turn(attachment: Attachment, text: string, { decision, seen }: Watching = {}): Promise<SeenTurn> {
  const events = attachment.events();
  await attachment.send(text);
  const deltas: Delta[] = [];
  let device: DeviceStatus | undefined;
  for await (const event of events) {
    if (isEvent(event, 'update_device_status')) device = event.device_status;
    if (isEvent(event, 'stream_delta')) {
      deltas.push(event.delta);
      await seen?.(event.delta);
    }
    if (isEvent(event, 'control_request') && decision) await attachment.answerApproval(event.request_id, decision);
    if (isEvent(event, 'turn_finished')) return { deltas, end: event, device };
  }
  throw new Error('the events ended');
}

/** Breaks every socket of the device and of the clients. @returns how many */
function cutAll(): number {
  const sockets = { path: /\/ws$/ };
  return towardsDevice.now({ do: 'cut' }, sockets) + towardsClients.now({ do: 'cut' }, sockets);
}

/** Kills the agent's own process, and nothing that it started. */
async function killAgent(): Promise<void> {
  for (const group of await findGroups({ mark: `${OWN}=${process.env[OWN] ?? ''}` })) {
    const commandLine = await readFile(`/proc/${group}/cmdline`, 'utf8');
    if (commandLine.includes('--pure')) process.kill(group, 'SIGKILL');
  }
}

const typed = (deltas: readonly Delta[], type: string): Delta[] =>
  deltas.filter(({ message_type }) => message_type === type);

function said(deltas: readonly Delta[]): string {
  return typed(deltas, 'assistant_message')
    .flatMap(({ content }) => content as { readonly text: string }[])
    .map(({ text }) => text)
    .join('');
}

describe.runIf(OPENCODE_RUNS_HERE)('opencode, a real agent', () => {
  beforeAll(async () => {
    root = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-opencode-')));
    workspace = path.join(root, 'workspace');
    await mkdir(workspace);
    model = await FakeModel.start();
    const { command, env } = await prepareOpencode(root, model.url);
    Object.assign(process.env, env);
    relay = await startRelay();
    [towardsDevice, towardsClients] = [await FaultProxy.start(urlOf(relay)), await FaultProxy.start(urlOf(relay))];
    listener = await startListener({
      server: towardsDevice.url,
      workspace,
      dataDir: path.join(root, 'device'),
      mode: 'standard',
      agent: 'acp',
      acp: { command, env: Object.keys(env), restartMinMs: 1 },
      transport: { backoffMinMs: 1, backoffMaxMs: 5 },
    });
  });

  afterEach(() => {
    for (const attachment of attachments.splice(0)) attachment.close();
  });

  afterAll(async () => {
    await listener.close();
    expect(await findGroups({ mark: `${OWN}=${process.env[OWN] ?? ''}` })).toEqual(new Set());
    await towardsDevice.stop();
    await towardsClients.stop();
    await relay.close();
    await model.stop();
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
    await rm(root, { recursive: true, force: true });
  });

  it('streams a turn, and tells its modes and commands', async () => {
    model.will({ think: 'Let me see.', say: ['Hello ', 'from ', 'opencode.'] });
    const attachment = await attach();
    const { deltas, end, device } = await turn(attachment, 'hello');
    expect(end).toMatchObject({ stop_reason: 'end_turn' });
    expect(said(deltas)).toBe('Hello from opencode.');
    expect(typed(deltas, 'assistant_message').length).toBeGreaterThan(1);
    expect(typed(deltas, 'reasoning_message')).toMatchObject([{ reasoning: 'Let me see.' }]);
    expect(typed(deltas, 'usage_statistics').at(-1)).toMatchObject({ prompt_tokens: 10, completion_tokens: 5 });
    expect(device?.['agent_status']).toMatchObject({
      current_mode: 'build',
      model: 'fake/fake',
      modes: [{ id: 'build' }, { id: 'plan' }],
      commands: expect.arrayContaining([expect.objectContaining({ name: 'init' })]),
    });
  });

  it('runs a command that a person allowed, and its growing output comes once', async () => {
    const command = 'for i in 1 2 3; do echo line $i; sleep 0.3; done';
    model.will({ call: 'bash', input: { command, description: 'counts' } }, { say: ['Counted.'] });
    const { deltas, end } = await turn(await attach(), 'count', { decision: { behavior: 'allow' } });
    expect(end).toMatchObject({ stop_reason: 'end_turn' });
    const returns = typed(deltas, 'tool_return_message').map((delta) => String(delta['tool_return']));
    expect(returns.join('')).toBe('line 1\nline 2\nline 3\n');
    expect(typed(deltas, 'client_tool_end')).toMatchObject([{ status: 'success' }]);
    expect(said(deltas)).toBe('Counted.');
  });

  it('does not run what a person denied', async () => {
    model.will({ call: 'bash', input: { command: 'touch ran', description: 'touches' } });
    const { deltas, end } = await turn(await attach(), 'touch', { decision: { behavior: 'deny', message: 'no' } });
    expect(end).toMatchObject({ stop_reason: 'denied', error: 'no' });
    expect(typed(deltas, 'client_tool_end')).toMatchObject([{ status: 'error' }]);
    expect(existsSync(path.join(workspace, 'ran'))).toBe(false);
  });

  it('is cancelled while it speaks, and goes on with the session', async () => {
    model.will({ dripping: 'drip ' }, { say: ['Dry.'] });
    const attachment = await attach();
    let aborting: Promise<unknown> | undefined;
    const { end } = await turn(attachment, 'drip', {
      seen: ({ message_type }) => {
        if (message_type === 'assistant_message') aborting ??= attachment.abort();
      },
    });
    await aborting;
    expect(end).toMatchObject({ stop_reason: 'cancelled' });
    expect(said((await turn(attachment, 'and now?')).deltas)).toBe('Dry.');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('drip');
  });

  it('a message whose stream broke is shown once', async () => {
    model.will({ breakAfter: ['One ', 'two '] }, { say: ['One ', 'two ', 'three.'] });
    const { deltas, end } = await turn(await attach(), 'count');
    expect(end).toMatchObject({ stop_reason: 'end_turn' });
    expect(said(deltas)).toBe('One two three.');
  });

  it('a killed agent ends its turn with an error, and the next turn goes on with the session', async () => {
    model.will({ say: ['Noted.'] }, { dripping: 'drip ' }, { say: ['You said remember.'] });
    const attachment = await attach();
    await turn(attachment, 'remember the word heron');
    let killed = false;
    const { end } = await turn(attachment, 'drip', {
      seen: async ({ message_type }) => {
        if (message_type !== 'assistant_message' || killed) return;
        killed = true;
        await killAgent();
      },
    });
    expect(end).toMatchObject({ stop_reason: 'error', error: expect.stringContaining('was killed by SIGKILL') });
    expect(said((await turn(attachment, 'what did I say?')).deltas)).toBe('You said remember.');
    expect(JSON.stringify(model.requests.at(-1)?.messages)).toContain('heron');
  });

  it('a killed agent leaves no command running', async () => {
    model.will({ call: 'bash', input: { command: 'echo $$; exec sleep 1000', description: 'sleeps' } });
    let pid = 0;
    const { end } = await turn(await attach(), 'sleep', {
      decision: { behavior: 'allow' },
      seen: async ({ message_type, tool_return }) => {
        if (message_type !== 'tool_return_message' || pid > 0) return;
        pid = Number(tool_return);
        await killAgent();
      },
    });
    expect(end).toMatchObject({ stop_reason: 'error' });
    expect(pid).toBeGreaterThan(0);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 10_000 });
  });

  it('a client’s approval changes a file and the client sees the diff, while both sides lose their sockets', async () => {
    const file = path.join(workspace, 'poem.txt');
    await writeFile(file, 'roses are red\n');
    model.will(
      { call: 'read', input: { filePath: file } },
      { call: 'edit', input: { filePath: file, oldString: 'red', newString: 'blue' } },
      { say: ['Painted ', 'them ', 'blue.'] },
    );
    const attachment = await attach();
    const events = attachment.events();
    const numbers: number[] = [];
    const deltas: Delta[] = [];
    let end: Frame | undefined;
    await attachment.send('paint the roses');
    for await (const event of events) {
      if ('event_seq' in event) numbers.push(Number(event['event_seq']));
      if (isEvent(event, 'stream_delta')) deltas.push(event.delta);
      if (isEvent(event, 'control_request')) {
        expect(event.request).toMatchObject({
          tool_name: 'edit',
          input: { diff: expect.stringContaining('+roses are blue') },
          permission_suggestions: [{ id: 'once' }, { id: 'always' }, { id: 'reject' }],
        });
        // Both sockets of both sides, while the question is open; and again right after the answer.
        expect(cutAll()).toBe(4);
        for (const wanted of ['reconnecting', 'open'])
          for await (const { phase } of attachment.states()) if (phase === wanted) break;
        await attachment.answerApproval(event.request_id, { behavior: 'allow' });
        expect(cutAll()).toBeGreaterThan(0);
      }
      if (isEvent(event, 'turn_finished')) {
        end = event;
        break;
      }
    }
    expect(end).toMatchObject({ stop_reason: 'end_turn' });
    expect(await readFile(file, 'utf8')).toBe('roses are blue\n');
    const diffs = typed(deltas, 'tool_return_message').flatMap((delta) => delta['diffs'] ?? []);
    expect(diffs).toEqual([
      { path: file, created: false, patch: expect.stringContaining('-roses are red\n+roses are blue') },
    ]);
    expect(said(deltas)).toBe('Painted them blue.');
    const [first = 0] = numbers;
    expect(numbers).toEqual(numbers.map((_, at) => first + at));
  });
});
