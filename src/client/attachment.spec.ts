import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttachedToFake } from '../../test/kit/attached-to-fake.js';
import { FAKE_RUNTIME, FAKE_TOKEN, type FakeClientRelay, output } from '../../test/kit/fake-client-relay.js';
import type { Frame } from '../protocol/index.js';
import { CommandError, DisconnectedError, TokenRefusedError } from './client.error.js';
import { isGap } from './received-events.js';

let fake: AttachedToFake;
let relay: FakeClientRelay;

beforeEach(async () => {
  fake = await AttachedToFake.start();
  ({ relay } = fake);
});
afterEach(() => fake.stop());

async function take(frames: AsyncIterableIterator<Frame, undefined>, count: number): Promise<Frame[]> {
  const taken: Frame[] = [];
  while (taken.length < count) {
    const { value, done } = await frames.next();
    if (done) throw new Error(`the events ended after ${taken.length} of ${count}`);
    taken.push(value);
  }
  return taken;
}
const numbers = (frames: Frame[]): unknown[] =>
  frames.map((frame) => (isGap(frame) ? `gap ${frame.from}-${frame.to}` : frame['event_seq']));

it('opens both channels with everything the relay asks for', async () => {
  await fake.attach();
  const [control] = relay.open('control');
  const [stream] = relay.open('stream');
  for (const socket of [control, stream]) {
    expect(socket?.path).toBe('/v1/environments/env-1/status/ws');
    expect(socket?.authorization).toBe(`Bearer ${FAKE_TOKEN}`);
    expect(Object.fromEntries(socket?.query ?? [])).toMatchObject({
      agentId: 'agent-1',
      conversationId: 'conv-1',
      client: 'me',
      batches: '1',
    });
    expect(socket?.query.has('token')).toBe(false);
  }
});

it('follows what runtime_start returned, also after a reconnect', async () => {
  relay.scripts['runtime_start'] = (command) => relay.answer(command, { success: true, runtime: FAKE_RUNTIME });
  const attachment = await fake.client().attach(relay.environments[0] ?? '');
  fake.keep(attachment);
  expect(relay.open('stream')[0]?.path).toBe('/v1/environments/conn-env-1/status/ws');
  expect((await attachment.runtimeStart({ agent_id: null })).runtime).toEqual(FAKE_RUNTIME);
  expect(attachment.runtime).toEqual(FAKE_RUNTIME);
  relay.cut();
  await relay.seen(() => relay.sockets.length === 4 && relay.open('stream').length === 1);
  expect(relay.open('stream')[0]?.query.get('conversationId')).toBe('conv-1');
});

it('acknowledges what it read, on each socket by itself', async () => {
  const attachment = await fake.attach();
  for (let i = 0; i < 3; i++) relay.emit('stream_delta', output('stdout', 'x'));
  const [stream] = relay.open('stream');
  await relay.seen(() => stream?.received.at(-1)?.['seq'] === 4);
  await attachment.command('app_server_info', {});
  const [control] = relay.open('control');
  await relay.seen(() => control?.received.some((frame) => frame.type === 'ack' && frame['seq'] === 1) === true);
});

it('hands on and acknowledges each frame of a message that holds several', async () => {
  const attachment = await fake.attach();
  const event = (event_seq: number): object => ({
    type: 'stream_delta',
    ...output('stdout', 'x'),
    runtime: FAKE_RUNTIME,
    event_epoch: 'epoch-1',
    event_seq,
  });
  relay.sendBatch('stream', [event(1), event(2), event(3)]);
  relay.sendBatch('stream', [event(4)]);
  expect(numbers(await take(attachment.events(), 4))).toEqual([1, 2, 3, 4]);
  const [stream] = relay.open('stream');
  await relay.seen(() => stream?.received.at(-1)?.['seq'] === stream?.seq);
  expect(attachment.state.phase).toBe('open');
});

it.each([
  ['something else than frames', '[{"type":"a"},7]'],
  ['frames, and is binary', Buffer.from('[{"type":"a"}]')],
])('C29 leaves a link whose message holds %s', async (_what, message) => {
  const attachment = await fake.attach();
  const states = attachment.states();
  await states.next();
  relay.open('stream')[0]?.ws.send(message);
  expect((await states.next()).value).toMatchObject({ phase: 'reconnecting' });
});

it('C17 acknowledges nothing while a loop has fallen behind, and goes on when it catches up', async () => {
  const attachment = await fake.attach({ maxUnreadBytes: 10_000, ackDelayMs: 0 });
  const events = attachment.events();
  for (let i = 0; i < 4; i++) relay.emit('stream_delta', output('stdout', 'x'.repeat(5_000)));
  const [stream] = relay.open('stream');
  await attachment.command('app_server_info', {});
  await attachment.command('app_server_info', {});
  expect(stream?.received.some((frame) => frame.type === 'ack' && Number(frame['seq']) >= 5)).toBe(false);
  expect(await take(events, 4)).toHaveLength(4);
  await relay.seen(() => stream?.received.at(-1)?.['seq'] === 5);
});

it('C01 hands on every event once over a broken link, and says how it is connected', async () => {
  const attachment = await fake.attach();
  const events = attachment.events();
  const states = attachment.states();
  relay.emit('stream_delta', output('stdout', 'a'));
  expect(numbers(await take(events, 1))).toEqual([1]);
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'b'));
  relay.emit('stream_delta', output('stdout', 'c'));
  expect(numbers(await take(events, 2))).toEqual([2, 3]);
  const [again] = relay.open('stream');
  expect(again?.query.get('resumeFrom')).toBe('1');
  expect(again?.query.get('epoch')).toBe('epoch-1');
  const phases = [await states.next(), await states.next(), await states.next()].map(({ value }) => value?.phase);
  expect(phases).toEqual(['open', 'reconnecting', 'open']);
  expect((await states.next()).value).toEqual({ phase: 'open', resumed: true });
  expect(attachment.cursor).toEqual({ epoch: 'epoch-1', seq: 3 });
});

it('C01 misses nothing of a runtime that had no events yet when the link broke', async () => {
  relay.scripts['runtime_start'] = (command) => {
    relay.answer(command, { success: true, runtime: FAKE_RUNTIME, created: { agent: false, conversation: true } });
  };
  const attachment = await fake.client().attach('env-1');
  fake.keep(attachment);
  const events = attachment.events();
  await attachment.runtimeStart({ agent_id: null });
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'a'));
  expect(numbers(await take(events, 1))).toEqual([1]);
  expect(relay.open('stream')[0]?.query.get('resumeFrom')).toBe('0');
  expect(relay.open('stream')[0]?.query.has('epoch')).toBe(false);
});

it('C33 tells what the relay no longer has', async () => {
  const attachment = await fake.attach();
  const events = attachment.events();
  relay.emit('stream_delta', output('stdout', 'a'));
  await take(events, 1);
  relay.cut();
  relay.emit('stream_delta', output('stdout', 'lost'));
  relay.forget();
  await relay.seen(() => relay.open('stream').length === 1);
  relay.emit('stream_delta', output('stdout', 'c'));
  expect(numbers(await take(events, 2))).toEqual(['gap 2-2', 3]);
});

it('tells a hole in the numbers of a live link', async () => {
  const attachment = await fake.attach();
  const events = attachment.events();
  relay.emit('stream_delta', output('stdout', 'a'));
  relay.skip(2);
  relay.emit('stream_delta', output('stdout', 'b'));
  expect(numbers(await take(events, 3))).toEqual([1, 'gap 2-3', 4]);
});

it('takes events from stream only, whatever is mirrored on control', async () => {
  const attachment = await fake.attach();
  const events = attachment.events();
  const event = relay.emit('stream_delta', output('stdout', 'a'));
  relay.send('control', event);
  relay.emit('stream_delta', output('stdout', 'b'));
  expect(numbers(await take(events, 2))).toEqual([1, 2]);
});

it('C21 sends an unanswered input again after a reconnect, and nothing that could run twice', async () => {
  relay.scripts['input'] = () => relay.cut();
  relay.scripts['write_file'] = () => {};
  const attachment = await fake.attach({ commandTimeoutMs: 5_000 });
  const writing = attachment.command('write_file', { path: 'a', content: 'b' }, { timeoutMs: 400 });
  const late = writing.catch((error: unknown) => error);
  const sending = attachment.send('ls');
  await relay.seen(() => relay.commandsOf('input').length === 1);
  relay.scripts['input'] = (command) => relay.answer(command, { accepted: true, disposition: 'started' });
  expect(await sending).toMatchObject({ accepted: true });
  const [first, second] = relay.commandsOf('input');
  expect(first).toEqual(second);
  expect(await late).toMatchObject({ code: 'COMMAND_TIMEOUT' });
  expect(relay.commandsOf('write_file')).toHaveLength(1);
});

it('turns an answer that says no into a CommandError', async () => {
  relay.scripts['read_file'] = (command) =>
    relay.answer(command, { success: false, error: 'Outside.', error_code: 'PATH_REFUSED' });
  relay.scripts['input'] = (command) =>
    relay.answer(command, { accepted: false, error: 'Too late.', error_code: 'ALREADY_ANSWERED' });
  const attachment = await fake.attach();
  await expect(attachment.command('read_file', { path: '/etc' })).rejects.toMatchObject({
    name: 'CommandError',
    command: 'read_file',
    code: 'PATH_REFUSED',
    message: 'Outside.',
  });
  await expect(attachment.answerApproval('approval-1', { behavior: 'allow' })).rejects.toMatchObject({
    code: 'ALREADY_ANSWERED',
  });
  await expect(attachment.command('no_such_command', { any: 'field' })).resolves.toMatchObject({
    type: 'no_such_command_response',
  });
});

it('fails for good when the relay stays away, and everything that waits with it', async () => {
  relay.scripts['app_server_info'] = () => {};
  const attachment = await fake.attach({ reconnectForMs: 50 });
  const turn = attachment.events().next();
  const command = attachment.command('app_server_info', {});
  relay.refuse = { status: 503, body: '' };
  relay.cut();
  await expect(turn).rejects.toThrow(DisconnectedError);
  await expect(command).rejects.toThrow(/broke .* did not come back within 50 ms/);
  expect(attachment.state.phase).toBe('closed');
  await expect(attachment.command('app_server_info', {})).rejects.toThrow(DisconnectedError);
});

it('does not try again with a token that was refused', async () => {
  const attachment = await fake.attach();
  const next = attachment.events().next();
  relay.refuse = { status: 401, body: '' };
  relay.cut();
  await expect(next).rejects.toThrow(TokenRefusedError);
});

it('ends its loops when it is closed', async () => {
  const attachment = await fake.attach();
  const events = attachment.events();
  const states = attachment.states();
  attachment.close();
  expect(await events.next()).toEqual({ done: true, value: undefined });
  expect(await states.next()).toMatchObject({ value: { phase: 'open' } });
  expect(await states.next()).toMatchObject({ value: { phase: 'closed' } });
  expect(await states.next()).toMatchObject({ done: true });
  await relay.seen(() => relay.open('control').length + relay.open('stream').length === 0);
});

it('gives up a command that could not be sent', async () => {
  const attachment = await fake.attach();
  relay.refuse = { status: 503, body: '' };
  relay.cut();
  for await (const state of attachment.states()) if (state.phase === 'reconnecting') break;
  await expect(attachment.command('app_server_info', {}, { timeoutMs: 10 })).rejects.toThrow(CommandError);
});

it('hands out what is neither an event nor an answer, and sends commands that nobody answers', async () => {
  const attachment = await fake.attach();
  const frames = attachment.frames();
  relay.send('control', { type: 'late_response', request_id: 'nobody' });
  relay.send('control', { type: 'terminal_output', terminal_id: 't', data: 'hi' });
  expect(await take(frames, 1)).toEqual([{ type: 'terminal_output', terminal_id: 't', data: 'hi' }]);
  expect(attachment.tell('terminal_input', { terminal_id: 't', data: 'x' })).toBe(true);
  await attachment.command('sync', { runtime: FAKE_RUNTIME });
  expect(relay.commandsOf('terminal_input')).toEqual([
    { type: 'terminal_input', terminal_id: 't', data: 'x', runtime: FAKE_RUNTIME },
  ]);
  attachment.close();
  expect(await frames.next()).toEqual({ done: true, value: undefined });
  expect(attachment.tell('terminal_input', { terminal_id: 't', data: 'x' })).toBe(false);
});

it('says what was lost with the verdict on a link that could not go on where the last one broke', async () => {
  const attachment = await fake.attach();
  const events = attachment.events();
  relay.emit('stream_delta', output('stdout', 'x'));
  await take(events, 1);
  relay.skip(2);
  relay.cut();
  for await (const state of attachment.states()) {
    if (state.phase !== 'open' || state.resumed === undefined) continue;
    expect(state).toMatchObject({ resumed: false, gap: { from: 2, to: 3 } });
    break;
  }
  expect(numbers(await take(events, 1))).toEqual(['gap 2-3']);
});

it('tells how its connection is, for as long as somebody wants to know', async () => {
  const attachment = await fake.attach({ sampleMs: 5 });
  const pings = (): number => relay.open('control')[0]?.received.filter(({ type }) => type === 'ping').length ?? 0;
  expect(pings()).toBe(0);
  for await (const sample of attachment.metrics()) {
    if (sample.roundTripMs === undefined) continue;
    expect(sample).toMatchObject({
      state: { phase: 'open' },
      control: { socket: 'open' },
      stream: { socket: 'open' },
      resumed: undefined,
      breaks: 0,
    });
    expect(sample.roundTripMs).toBeGreaterThanOrEqual(0);
    expect(sample.lastFrameAt).toBeLessThanOrEqual(sample.at);
    break;
  }
  expect(pings()).toBeGreaterThan(0);
  const samples = attachment.metrics();
  relay.cut();
  for await (const sample of samples) {
    if (sample.breaks === 0 || sample.state.phase !== 'open') continue;
    expect(sample).toMatchObject({ breaks: 1, control: { socket: 'open' }, stream: { socket: 'open' } });
    break;
  }
});
