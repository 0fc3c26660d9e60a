import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, isEvent, TwinlaneClient } from '../src/client/index.js';
import type { ListenerModuleOptions } from '../src/listener/index.js';
import type { ApprovalDecision, Delta, DeviceStatus, Frame } from '../src/protocol/index.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { TwinlaneProcess } from './kit/twinlane-process.js';
import { startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const SCRIPT = fileURLToPath(new URL('kit/scripted-acp-agent.mjs', import.meta.url));
const COMMAND = `"${process.execPath}" "${SCRIPT}"`;
const VARIABLES = { SCRIPTED_REOPENS: 'resume', SCRIPTED_SESSIONS: '' };

let folder: string;
let closing: (() => unknown)[];
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-acp-')));
  closing = [() => rm(folder, { recursive: true, force: true })];
  Object.assign(process.env, VARIABLES, { SCRIPTED_SESSIONS: path.join(folder, 'agent-sessions') });
});
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  for (const name of Object.keys(VARIABLES)) delete process.env[name];
});

/** A relay, and proxies towards it for the device and for clients. */
async function startRelaySide() {
  const relay = await startRelay();
  closing.push(() => relay.close());
  const [towardsDevice, towardsClients] = [await FaultProxy.start(urlOf(relay)), await FaultProxy.start(urlOf(relay))];
  closing.push(
    () => towardsDevice.stop(),
    () => towardsClients.stop(),
  );
  return { towardsDevice, towardsClients };
}

/** A listener whose agent is the scripted one; its workspace is a folder of its own. */
async function startAgent(server: string, options: Partial<ListenerModuleOptions> = {}) {
  const listener = await startListener({
    server,
    workspace: folder,
    dataDir: path.join(folder, '.device'),
    mode: 'standard',
    agent: 'acp',
    acp: { command: COMMAND, env: Object.keys(VARIABLES), restartMinMs: 1 },
    transport: { backoffMinMs: 1, backoffMaxMs: 5 },
    ...options,
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= listener.close());
  closing.push(close);
  return { close };
}

async function attach(server: string): Promise<Attachment> {
  const client = new TwinlaneClient({ server, token: TOKEN, WebSocket, limits: { backoffFirstMs: 1 } });
  const [environment] = await client.environments();
  if (!environment) throw new Error('no environment');
  const attachment = await client.attach(environment, {});
  closing.push(() => attachment.close());
  await attachment.runtimeStart({ agent_id: null });
  return attachment;
}

interface SeenTurn {
  readonly events: readonly Frame[];
  readonly deltas: readonly Delta[];
  readonly device: DeviceStatus | undefined;
  readonly end: Frame;
}

/** Resolves when the attachment has lost its sockets and has others. */
async function reconnected(attachment: Attachment): Promise<void> {
  for (const wanted of ['reconnecting', 'open'])
    for await (const { phase } of attachment.states()) if (phase === wanted) break;
}

/** Runs a turn to its end. @param asked what to do about each question, in place of allowing it */
async function turn(
  attachment: Attachment,
  text: string,
  asked: (request: Frame) => Promise<ApprovalDecision> = async () => ({ behavior: 'allow' }),
): Promise<SeenTurn> {
  const events: Frame[] = [];
  const coming = attachment.events();
  await attachment.send(text);
  for await (const event of coming) {
    events.push(event);
    if (isEvent(event, 'control_request')) await attachment.answerApproval(event.request_id, await asked(event));
    if (isEvent(event, 'turn_finished'))
      return {
        events,
        deltas: events.flatMap((seen) => (isEvent(seen, 'stream_delta') ? [seen.delta] : [])),
        device: events.flatMap((seen) => (isEvent(seen, 'update_device_status') ? [seen.device_status] : [])).at(-1),
        end: event,
      };
  }
  throw new Error('the events ended');
}

function said({ deltas }: SeenTurn): string {
  return deltas
    .filter(({ message_type }) => message_type === 'assistant_message')
    .flatMap(({ content }) => content as { readonly text: string }[])
    .map(({ text }) => text)
    .join('');
}

describe('an ACP agent behind a relay', () => {
  it('answers, and shows its modes and commands in the device status', async () => {
    const { towardsDevice, towardsClients } = await startRelaySide();
    await startAgent(towardsDevice.url);
    const seen = await turn(await attach(towardsClients.url), 'plan look,mend\nmode plan\nsay Hello');
    expect(said(seen)).toBe('Hello');
    expect(seen.end).toMatchObject({ stop_reason: 'end_turn' });
    expect(seen.device?.['agent_status']).toEqual({
      current_mode: 'plan',
      modes: [
        { id: 'build', name: 'Build' },
        { id: 'plan', name: 'Plan', description: 'changes nothing' },
      ],
      commands: [{ name: 'review', description: 'reviews changes', hint: '[branch]' }],
    });
  });

  it('works on in the mode that a client gives it', async () => {
    const { towardsDevice, towardsClients } = await startRelaySide();
    await startAgent(towardsDevice.url);
    const attachment = await attach(towardsClients.url);
    await turn(attachment, 'say x');
    const { runtime } = attachment;
    if (!runtime) throw new Error('the attachment has no runtime');
    const asked = (agent_mode: string) =>
      attachment.command('change_device_state', { runtime, payload: { agent_mode } });
    await expect(asked('other')).rejects.toThrow('The agent has no mode "other"; use one of: build, plan.');
    await asked('plan');
    const seen = await turn(attachment, 'works');
    expect(said(seen)).toBe('plan');
    expect(seen.device?.['agent_status']).toMatchObject({ current_mode: 'plan' });
  });

  it('changes a file that a client allowed, while both sides lose their sockets, and the client sees all of it once', async () => {
    const { towardsDevice, towardsClients } = await startRelaySide();
    await startAgent(towardsDevice.url);
    const attachment = await attach(towardsClients.url);
    const sockets = { path: /\/ws$/ };
    const cut = (): number => towardsDevice.now({ do: 'cut' }, sockets) + towardsClients.now({ do: 'cut' }, sockets);
    const file = path.join(folder, 'poem.txt');
    const seen = await turn(attachment, `burst 50\nedit ${file} roses are blue\nburst 50`, async () => {
      expect(cut()).toBe(4);
      await reconnected(attachment);
      return { behavior: 'allow', selected_permission_suggestion_ids: ['allow-always'] };
    });
    expect(seen.end).toMatchObject({ stop_reason: 'end_turn' });
    expect(await readFile(file, 'utf8')).toBe('roses are blue');
    const counted = Array.from({ length: 50 }, (_, at) => `${at + 1} `).join('');
    expect(said(seen)).toBe(`${counted}allow-always${counted}`);
    const diffs = seen.deltas.flatMap((delta) => (Array.isArray(delta['diffs']) ? delta['diffs'] : []));
    expect(diffs).toEqual([{ path: file, created: true, patch: expect.stringContaining('+roses are blue') }]);
    const numbers = seen.events.flatMap((event) => ('event_seq' in event ? [Number(event['event_seq'])] : []));
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
  });

  it('goes on with its session when the listener is started again', async () => {
    const { towardsDevice, towardsClients } = await startRelaySide();
    const first = await startAgent(towardsDevice.url);
    const attachment = await attach(towardsClients.url);
    await turn(attachment, 'say before');
    await first.close();
    await startAgent(towardsDevice.url);
    expect(said(await turn(attachment, 'said'))).toBe('say before|said');
  });

  it('C23 a listener that is killed in a turn ends that turn when it is started again, and its agent goes on with the session', async () => {
    const { towardsDevice, towardsClients } = await startRelaySide();
    const agent = ['--agent', 'acp', '--agent-command', COMMAND, '--agent-env', Object.keys(VARIABLES).join(',')];
    const listen = async (): Promise<TwinlaneProcess> => {
      const env = {
        TWINLANE_SERVER: towardsDevice.url,
        TWINLANE_TOKEN: TOKEN,
        TWINLANE_DATA_DIR: path.join(folder, '.data'),
      };
      const kept = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, process.env[name] ?? '']));
      const listener = TwinlaneProcess.start(['listen', '--name', 'acp', ...agent], {
        env: { ...env, ...kept },
        cwd: folder,
      });
      closing.push(() => listener.kill());
      await listener.prints(/Ctrl-C stops/);
      return listener;
    };
    const killed = await listen();
    const attachment = await attach(towardsClients.url);
    await turn(attachment, 'say before');
    const events = attachment.events();
    await attachment.send('say x\nhang');
    for await (const event of attachment.events())
      if (isEvent(event, 'stream_delta') && event.delta.message_type === 'assistant_message') break;
    await killed.kill();
    await listen();
    for await (const event of events)
      if (isEvent(event, 'turn_finished')) {
        expect(event).toMatchObject({ stop_reason: 'error', error: expect.stringContaining('restarted') });
        break;
      }
    expect(said(await turn(attachment, 'said'))).toBe('say before|say x|said');
  });

  it('a crash in one conversation ends its turn with what to do, and others start the agent anew', async () => {
    const { towardsDevice, towardsClients } = await startRelaySide();
    await startAgent(towardsDevice.url);
    const [one, other] = [await attach(towardsClients.url), await attach(towardsClients.url)];
    await turn(other, 'say here');
    const crashed = await turn(one, 'say x\ncrash');
    expect(crashed.end).toMatchObject({ stop_reason: 'error', error: expect.stringContaining('started anew') });
    expect(crashed.deltas).toContainEqual(expect.objectContaining({ message_type: 'loop_error', is_terminal: true }));
    expect(said(await turn(other, 'said'))).toBe('say here|said');
  });

  it('C22 an aborted turn is over for the agent too, and what waited starts', async () => {
    const { towardsDevice, towardsClients } = await startRelaySide();
    await startAgent(towardsDevice.url);
    const attachment = await attach(towardsClients.url);
    const events = attachment.events();
    await attachment.send('say x\nwait');
    for await (const event of attachment.events())
      if (isEvent(event, 'stream_delta') && event.delta.message_type === 'assistant_message') break;
    await attachment.send('said');
    await attachment.abort();
    const ends: unknown[] = [];
    const text: string[] = [];
    for await (const event of events) {
      if (isEvent(event, 'stream_delta') && event.delta.message_type === 'assistant_message')
        text.push(JSON.stringify(event.delta['content']));
      if (isEvent(event, 'turn_finished') && ends.push(event['stop_reason']) === 2) break;
    }
    expect(ends).toEqual(['cancelled', 'end_turn']);
    expect(text.at(-1)).toContain('say x|said');
  });
});
