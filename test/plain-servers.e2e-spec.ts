import type { INestApplicationContext } from '@nestjs/common';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Frame, SNAPSHOT_TYPES } from '../src/protocol/index.js';
import { FakeServer } from './kit/fake-server.js';
import { startListener } from './kit/twinlane.js';

const RUNTIME = { agent_id: null, conversation_id: 'conv-1' };
const SPLIT = { supportsSplitStatusChannels: true };
const PAIRED = { ...SPLIT, supportsPairedListenerGenerations: true };

describe.each([
  { kind: 'split', capabilities: SPLIT, pong: true },
  { kind: 'split', capabilities: SPLIT, pong: false },
  { kind: 'split and paired', capabilities: PAIRED, pong: true },
  { kind: 'legacy', capabilities: {}, pong: true },
  { kind: 'legacy', capabilities: {}, pong: false },
])('a server that knows only the compatible layer: $kind, pong $pong', ({ capabilities, pong }) => {
  const control = capabilities === SPLIT || capabilities === PAIRED ? 'control' : null;
  const sockets = control === null ? 1 : 2;
  let server: FakeServer;
  let listener: INestApplicationContext;
  let workspace: string;
  let requests = 0;

  beforeEach(async () => {
    workspace = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-')));
    server = await FakeServer.start({ capabilities, pong });
    listener = await startListener({
      server: server.url,
      workspace,
      mode: 'standard',
      transport: { backoffMinMs: 1, backoffMaxMs: 5 },
      emitter: pong ? {} : { holdMs: 50 },
    });
  });
  afterEach(async () => {
    await listener.close();
    await server.stop();
    await rm(workspace, { recursive: true, force: true });
  });

  /** Sends a command and waits for its answer. */
  async function ask(command: Frame): Promise<Record<string, unknown>> {
    const request_id = `request-${++requests}`;
    server.send(control, { request_id, ...command });
    return (await find((frame) => frame['request_id'] === request_id && frame['type'] !== 'control_request')).frame;
  }

  async function find(fits: (frame: Record<string, unknown>) => boolean) {
    const found = () => server.received.find(({ frame }) => fits(frame));
    await server.until(() => found() !== undefined);
    const received = found();
    if (!received) throw new Error('it was there a moment ago');
    return received;
  }

  const input = (payload: object): Frame => ({ type: 'input', runtime: RUNTIME, payload });
  const message = (content: string, id: string): Frame =>
    input({ kind: 'create_message', messages: [{ role: 'user', content, client_message_id: id }] });
  const mode = (wanted: string): void =>
    server.send(control, { type: 'change_device_state', runtime: RUNTIME, payload: { mode: wanted } });

  /** Events of the runtime, each once, in order of arrival. */
  function events(): Record<string, unknown>[] {
    const keys = new Set<unknown>();
    return server.received
      .map(({ frame }) => frame)
      .filter((frame) => frame['event_seq'] !== undefined)
      .filter(({ idempotency_key: key }) => !keys.has(key) && keys.add(key));
  }
  /**
   * Which socket brought an event before an earlier one of which. What was sent on control waits for what stream brings before it
   * (protocol section 2); what follows on stream does not wait for control, and two sockets race.
   */
  function overtakings(): string[] {
    const seen = events().map((event) => ({
      seq: Number(event['event_seq']),
      channel: String(server.received.find(({ frame }) => frame === event)?.channel),
    }));
    return seen.flatMap(({ seq, channel }, index) =>
      seen.slice(0, index).flatMap((before) => (before.seq > seq ? [`${before.channel} before ${channel}`] : [])),
    );
  }
  const printed = (): string =>
    events()
      .map(({ delta }) => delta as Record<string, unknown> | undefined)
      .map((delta) => (delta?.['stream'] === 'stdout' ? String(delta['tool_return']) : ''))
      .join('');
  const finished = (): number => events().filter(({ type }) => type === 'turn_finished').length;

  it('gets a whole turn with an approval, its end after its last delta', async () => {
    expect(await ask({ type: 'runtime_start', agent_id: null, conversation_id: 'conv-1' })).toMatchObject({
      success: true,
      runtime: RUNTIME,
    });
    expect(await ask(message('echo approved; seq 1 50', 'm-1'))).toMatchObject({
      type: 'input_accepted',
      accepted: true,
      disposition: 'started',
    });
    const request = await find(({ type }) => type === 'control_request');
    expect(request.channel).toBe(control);
    expect(printed()).toBe('');
    const decision = { behavior: 'allow' };
    expect(
      await ask(input({ kind: 'approval_response', request_id: request.frame['request_id'], decision })),
    ).toMatchObject({ accepted: true });
    await server.until(() => finished() === 1);
    const seen = events();
    const numbers = seen.map((event) => Number(event['event_seq']));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(seen.map((_, index) => index + 1));
    expect(overtakings().filter((each) => each !== 'stream before control')).toEqual([]);
    expect(seen.findLastIndex(({ type }) => type === 'stream_delta')).toBeLessThan(
      seen.findIndex(({ type }) => type === 'turn_finished'),
    );
    expect(printed()).toMatch(/^approved\n1\n2\n[^]*\n50\n$/);
    expect(new Set(server.received.map(({ channel }) => channel)).size).toBe(sockets);
  });

  it('reads, writes and lists files, and is told what is wrong', async () => {
    expect(await ask({ type: 'write_file', path: 'a.txt', content: 'one\ntwo\n' })).toMatchObject({ success: true });
    expect(await readFile(path.join(workspace, 'a.txt'), 'utf8')).toBe('one\ntwo\n');
    expect(await ask({ type: 'edit_file', file_path: 'a.txt', old_string: 'two', new_string: 'deux' })).toMatchObject({
      type: 'edit_file_response',
      replacements: 1,
    });
    expect(await ask({ type: 'read_file', path: 'a.txt' })).toMatchObject({ content: 'one\ndeux\n' });
    expect(await ask({ type: 'list_in_directory', path: '.', include_files: true })).toMatchObject({
      files: ['a.txt'],
    });
    expect(await ask({ type: 'frobnicate' })).toMatchObject({ type: 'frobnicate_response', success: false });
    for (const { channel } of server.received.filter(({ frame }) => String(frame['type']).endsWith('_response')))
      expect(channel).toBe(control);
  });

  it('sync shows the four snapshots', async () => {
    expect(await ask({ type: 'sync', runtime: RUNTIME, force_device_status: true })).toMatchObject({
      type: 'sync_response',
      success: true,
    });
    for (const type of SNAPSHOT_TYPES) await find((frame) => frame['type'] === type);
  });

  it('C01 gets every event of a turn that went on while the sockets were down', async () => {
    mode('unrestricted');
    const command = 'for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.03; done';
    expect(await ask(message(command, 'm-2'))).toMatchObject({ accepted: true });
    await server.until(() => printed().includes('3\n'));
    for (const { socket } of server.sockets) socket.terminate();
    await server.until(() => server.upgrades.length === 2 * sockets && server.sockets.length === sockets);
    await server.until(() => finished() === 1);
    const numbers = events().map((event) => Number(event['event_seq']));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
    expect(printed()).toBe('1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n');
    expect(server.registrations).toHaveLength(1);
    expect(await ask({ type: 'list_in_directory', path: '.' })).toMatchObject({ success: true });
  });

  it('C21 may hand in the same message again after a reconnect: it runs once', async () => {
    mode('unrestricted');
    expect(await ask(message('echo x >> ran', 'once'))).toMatchObject({ accepted: true });
    await server.until(() => finished() === 1);
    for (const { socket } of server.sockets) socket.terminate();
    await server.until(() => server.upgrades.length === 2 * sockets && server.sockets.length === sockets);
    expect(await ask(message('echo x >> ran', 'once'))).toMatchObject({ accepted: true });
    expect(await ask({ type: 'read_file', path: 'ran' })).toMatchObject({ content: 'x\n' });
  });

  it('may say "message" for an input, as old servers do', async () => {
    mode('unrestricted');
    const messages = [{ role: 'user', content: 'echo legacy' }];
    server.send(control, { type: 'message', agentId: null, conversationId: 'conv-1', messages });
    await server.until(() => finished() === 1);
    expect(printed()).toBe('legacy\n');
  });
});
