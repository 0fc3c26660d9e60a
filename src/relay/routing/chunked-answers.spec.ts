import { expect, it } from 'vitest';
import { FakeDeviceLink, RoutingBench, type BenchClient } from '../../../test/kit/routing-bench.js';
import type { Frame } from '../../protocol/index.js';

const READ = { type: 'read_file', request_id: 'mine', path: 'large' };
const PIECE = 'x'.repeat(16 * 1024);

async function asking(options: ConstructorParameters<typeof RoutingBench>[0] = {}, chunks = true) {
  const bench = new RoutingBench(options);
  const link = bench.connect(FakeDeviceLink.resumable());
  const client = await bench.attach({ client: 'c-1', chunks });
  client.send(READ);
  await bench.settled();
  return { bench, link, client };
}

/** The device's next chunk of the answer to its newest `read_file`. */
function send(bench: RoutingBench, link: FakeDeviceLink, index: number, data = PIECE, last = false, id?: unknown) {
  const requestId = id ?? link.command('read_file')['request_id'];
  bench.emit(link, { type: 'chunk', id: 'a', request_id: requestId, index, last, data });
}

const acks = (link: FakeDeviceLink): Frame[] => link.sent.filter(({ type }) => type === 'chunk_ack');
const chunks = (client: BenchClient): unknown[] => client.of('chunk').map(({ index }) => index);
const read = (client: BenchClient): Frame | undefined => client.of('read_file_response').at(-1);

it('pass through to the asker alone, under its own id, and are confirmed as its socket takes them', async () => {
  const { bench, link, client } = await asking();
  const other = await bench.attach({ client: 'c-2', chunks: true });
  const { request_id: relayId } = link.command('read_file');
  for (let i = 0; i < 3; i++) send(bench, link, i, `piece ${i}`, i === 2);
  await bench.settled();
  expect(client.of('chunk')).toMatchObject([
    { request_id: 'mine', index: 0, last: false, data: 'piece 0' },
    { request_id: 'mine', index: 1, last: false, data: 'piece 1' },
    { request_id: 'mine', index: 2, last: true, data: 'piece 2' },
  ]);
  expect(acks(link)).toEqual([0, 1, 2].map((index) => ({ type: 'chunk_ack', id: relayId, index })));
  expect(other.of('chunk')).toEqual([]);
  send(bench, link, 0, 'again');
  expect([bench.drops, acks(link).at(-1)]).toEqual([['unknown-answer'], { ...acks(link)[0], stop: true }]);
});

it('C17 C18 wait at the device while the asker does not read, and everything else of it goes on', async () => {
  const { bench, link, client } = await asking();
  client.acknowledges = false;
  client.relaySide.held = true;
  for (let i = 0; i < 64; i++) send(bench, link, i);
  await bench.settled();
  const confirmed = acks(link).length;
  expect(confirmed).toBeLessThan(64);
  const other = await bench.attach({ client: 'c-2', chunks: true });
  other.send({ ...READ, path: 'other' });
  await bench.settled();
  for (let i = 0; i < 64; i++) send(bench, link, i, PIECE, i === 63);
  await bench.settled();
  expect(chunks(other)).toHaveLength(64);
  client.acknowledges = true;
  client.relaySide.release();
  await bench.settled();
  expect(chunks(client)).toHaveLength(64);
});

it.each([
  ['much', PIECE, 400],
  ['little, in very many pieces', '', 10_000],
])('C29 end with an error for the asker when a device sends more than was confirmed: %s', async (_, piece, count) => {
  const { bench, link, client } = await asking();
  client.relaySide.held = true;
  client.acknowledges = false;
  for (let i = 0; i < count; i++) send(bench, link, i, piece);
  await bench.settled();
  client.relaySide.release();
  await bench.settled();
  expect(read(client)).toMatchObject({ request_id: 'mine', success: false, error_code: 'COMMAND_FAILED' });
  expect(acks(link).some(({ stop }) => stop === true)).toBe(true);
});

it('C29 end with an error when they come out of order, or add up to more than an answer may', async () => {
  const { bench, link, client } = await asking({ maxAnswerBytes: 100_000 });
  send(bench, link, 0);
  send(bench, link, 2);
  await bench.settled();
  expect(read(client)).toMatchObject({ request_id: 'mine', error_code: 'COMMAND_FAILED' });
  client.send(READ);
  await bench.settled();
  for (let i = 0; i < 10; i++) send(bench, link, i);
  await bench.settled();
  expect(read(client)).toMatchObject({ error_code: 'ANSWER_TOO_LARGE' });
  expect(acks(link).filter(({ stop }) => stop === true).length).toBeGreaterThanOrEqual(2);
});

it('no more than 6 are open on one socket: the next begins when one of them has ended', async () => {
  const { bench, link, client } = await asking();
  for (let i = 0; i < 6; i++) client.send({ ...READ, request_id: `r-${i}` });
  await bench.settled();
  const ids = link.sent.filter(({ type }) => type === 'read_file').map(({ request_id }) => request_id);
  for (const id of ids) send(bench, link, 0, 'begins', false, id);
  await bench.settled();
  const open = () => new Set(client.of('chunk').map(({ id, request_id }) => JSON.stringify([id, request_id]))).size;
  expect(open()).toBe(6);
  send(bench, link, 1, 'ends', true, ids[0]);
  await bench.settled();
  expect(open()).toBe(7);
});

it('C36 of a device that begins 6 and stops end with an error, and their places are free again', async () => {
  const { bench, link, client } = await asking({ answerStallMs: 1_000 });
  for (let i = 0; i < 6; i++) client.send({ ...READ, request_id: `r-${i}` });
  await bench.settled();
  const ids = link.sent.filter(({ type }) => type === 'read_file').map(({ request_id }) => request_id);
  for (const id of ids.slice(0, 6)) send(bench, link, 0, 'begins', false, id);
  send(bench, link, 0, 'waits for a place', true, ids[6]);
  await bench.clock.advance(999);
  await bench.settled();
  expect(client.of('read_file_response')).toEqual([]);
  send(bench, link, 1, 'goes on', false, ids[0]);
  await bench.clock.advance(1);
  await bench.settled();
  expect(client.of('read_file_response')).toHaveLength(5);
  for (const answer of client.of('read_file_response'))
    expect(answer).toMatchObject({
      success: false,
      error_code: 'COMMAND_TIMEOUT',
      error: expect.stringContaining('did not go on'),
    });
  expect(client.of('chunk').some(({ data }) => data === 'waits for a place')).toBe(true);
  expect(acks(link).filter(({ stop }) => stop === true)).toHaveLength(5);
  send(bench, link, 2, 'ends', true, ids[0]);
  await bench.clock.advance(10_000);
  await bench.settled();
  expect(client.of('read_file_response')).toHaveLength(5);
  expect(client.of('chunk').at(-1)).toMatchObject({ data: 'ends', last: true });
});

it('C36 are not given up while it is the asker who does not read', async () => {
  const { bench, link, client } = await asking({ answerStallMs: 1_000 });
  client.acknowledges = false;
  client.relaySide.held = true;
  for (let i = 0; i < 64; i++) send(bench, link, i);
  await bench.clock.advance(10_000);
  client.acknowledges = true;
  client.relaySide.release();
  await bench.settled();
  expect(read(client)).toBeUndefined();
  expect(chunks(client)).toHaveLength(64);
  await bench.clock.advance(1_000);
  await bench.settled();
  expect(read(client)).toMatchObject({ error_code: 'COMMAND_TIMEOUT' });
});

it('are joined for a client that takes answers in one, up to a frame', async () => {
  const { bench, link, client } = await asking({ maxFrameBytes: 100_000 }, false);
  const answer = JSON.stringify({ type: 'read_file_response', request_id: 'x', success: true, content: 'é"\\' });
  for (let i = 0; i < answer.length; i++) send(bench, link, i, answer.charAt(i), i === answer.length - 1);
  await bench.settled();
  expect(read(client)).toMatchObject({ request_id: 'mine', success: true, content: 'é"\\' });
  client.send(READ);
  await bench.settled();
  for (let i = 0; i < 10; i++) send(bench, link, i);
  await bench.settled();
  const error = expect.stringContaining('offset and length') as unknown;
  expect(read(client)).toMatchObject({ error_code: 'ANSWER_TOO_LARGE', error });
  expect(acks(link).at(-1)).toMatchObject({ stop: true });
  expect(client.of('chunk')).toEqual([]);
});

it('C29 that are no answer, once joined, are an error', async () => {
  const { bench, link, client } = await asking({}, false);
  send(bench, link, 0, '{"type":"chunk"}', true);
  await bench.settled();
  expect(read(client)).toMatchObject({ request_id: 'mine', error_code: 'COMMAND_FAILED' });
});

it('stop when the asker goes away, and begin anew when it is back', async () => {
  const { bench, link, client } = await asking();
  for (let i = 0; i < 3; i++) send(bench, link, i);
  await bench.settled();
  client.socket.terminate();
  await bench.settled();
  expect(acks(link).at(-1)).toMatchObject({ index: 2, stop: true });
  send(bench, link, 3);
  const again = await bench.attach({ client: 'c-1', chunks: true });
  expect(link.sent.filter(({ type }) => type === 'read_file')).toHaveLength(2);
  send(bench, link, 4);
  send(bench, link, 0, 'anew');
  send(bench, link, 1, 'end', true);
  await bench.settled();
  expect(again.of('chunk')).toMatchObject([{ index: 0, request_id: 'mine', data: 'anew' }, { data: 'end' }]);
  const later = await bench.attach({ client: 'c-1', chunks: true });
  expect([link.sent.filter(({ type }) => type === 'read_file').length, later.of('chunk')]).toEqual([2, []]);
});

it('that begin while the asker is away begin anew when it is back', async () => {
  const { bench, link, client } = await asking();
  client.socket.terminate();
  await bench.settled();
  send(bench, link, 0);
  expect(acks(link)).toMatchObject([{ index: -1, stop: true }]);
  await bench.attach({ client: 'c-1', chunks: true });
  expect(link.sent.filter(({ type }) => type === 'read_file')).toHaveLength(2);
});

it('are asked for again when their end may not have arrived at a client that comes back', async () => {
  const { bench, link, client } = await asking();
  client.acknowledges = false;
  send(bench, link, 0, 'all', true);
  await bench.settled();
  expect(chunks(client)).toEqual([0]);
  client.socket.terminate();
  await bench.attach({ client: 'c-1', chunks: true });
  expect(link.sent.filter(({ type }) => type === 'read_file')).toHaveLength(2);
});

it('stop at once when the asker has left for good', async () => {
  const { bench, link, client } = await asking();
  send(bench, link, 0);
  await bench.settled();
  client.socket.terminate();
  await bench.settled();
  await bench.clock.advance(11 * 60_000);
  send(bench, link, 1);
  expect([bench.drops, acks(link).at(-1)]).toMatchObject([['unknown-answer'], { stop: true }]);
});

it('begin anew after a reconnect of the device, for a socket that stays', async () => {
  const { bench, link, client } = await asking();
  for (let i = 0; i < 3; i++) send(bench, link, i);
  await bench.settled();
  bench.disconnect(link);
  const next = bench.connect(FakeDeviceLink.resumable());
  expect(next.command('read_file')).toEqual(link.command('read_file'));
  send(bench, next, 0, 'anew');
  send(bench, next, 1, 'end', true);
  await bench.settled();
  const data = client.of('chunk').map((chunk) => [chunk['index'], chunk['id']]);
  const id = client.of('chunk')[0]?.['id'];
  expect(data).toEqual([0, 1, 2, 0, 1].map((index) => [index, id]));
});

it.each(['chunk', 'chunk_ack', 'rewind', 'journals', 'journal_gap', 'listener_ready'])(
  'C29 a client’s %s goes to no device: it is about a link',
  async (type) => {
    const { bench, link, client } = await asking();
    const before = link.sent.length;
    client.send({ type, id: link.command('read_file')['request_id'], index: 0, stop: true, request_id: 'forged' });
    await bench.settled();
    expect(link.sent).toHaveLength(before);
    expect(client.frames.at(-1)).toMatchObject({ request_id: 'forged', error_code: 'COMMAND_INVALID' });
  },
);

it('become an error when the process of the device has changed', async () => {
  const { bench, link, client } = await asking();
  send(bench, link, 0);
  await bench.settled();
  bench.disconnect(link);
  bench.connect(FakeDeviceLink.resumable('process-2'));
  await bench.settled();
  expect(read(client)).toMatchObject({ request_id: 'mine', error_code: 'OUTCOME_UNKNOWN' });
});

it('large events go to a client in chunks that takes them, whole to any other', async () => {
  const { bench, link, client } = await asking();
  const runtime = { agent_id: 'a', conversation_id: 'c' };
  const [chunked, whole] = [
    await bench.attach({ chunks: true, runtime }),
    await bench.attach({ runtime, channel: 'stream' }),
  ];
  const name = { event_epoch: 'e', event_seq: 1, emitted_at: '', idempotency_key: 'k' };
  bench.emit(link, { type: 'stream_delta', delta: { content: 'x'.repeat(100_000) }, runtime, ...name });
  await bench.settled();
  expect(whole.of('stream_delta')).toHaveLength(1);
  expect(chunked.of('stream_delta')).toEqual([]);
  const text = chunked.of('chunk').map(({ data }) => data);
  expect(JSON.parse(text.join(''))).toMatchObject({ type: 'stream_delta', event_seq: 1 });
  expect(client.of('chunk')).toEqual([]);
});
