import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLOCK } from '../src/config/index.js';
import { type Frame, SYSTEM_CLOCK } from '../src/protocol/index.js';
import { type DropReason, ROUTING_OBSERVER, type RoutingObserver } from '../src/relay/index.js';
import { RawSocket } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

const MAX_FRAME_BYTES = 4_096;
const runtime = { agent_id: 'a', conversation_id: 'c' };
const DEEP = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;

/** What the relay counts. */
const counted = { dropped: [] as DropReason[], lost: 0 };
const observer: RoutingObserver = {
  dropped: (reason: DropReason) => void counted.dropped.push(reason),
  refused() {},
  limited() {},
  closed() {},
  lost: (events: number) => void (counted.lost += events),
  answered() {},
  inFlight() {},
  paced() {},
  confirmedAfter() {},
  rewound() {},
  refilled() {},
  resumed() {},
  caughtUp() {},
};

let relay: RelayUnderTest;
let clientUrl: string;
let listener: { control: RawSocket; stream: RawSocket };
let client: RawSocket;

async function start(maxFrameBytes: number): Promise<void> {
  Object.assign(counted, { dropped: [], lost: 0 });
  const providers = [
    { provide: ROUTING_OBSERVER, useValue: observer },
    { provide: CLOCK, useValue: SYSTEM_CLOCK },
  ];
  relay = await RelayUnderTest.start({ maxFrameBytes }, { wholeRelay: true, providers });
  const registered = await relay.register({ metadata: { eventSeqScope: 'runtime' } });
  expect(registered.maxFrameBytes).toBe(maxFrameBytes);
  const open = (channel: string) => RawSocket.open(`${registered.wsUrl}&channel=${channel}`, { token: TOKEN });
  listener = { control: await open('control'), stream: await open('stream') };
  clientUrl = relay.ws(`/v1/environments/${registered.connectionId}/status/ws?agentId=a&conversationId=c`);
  client = await attached(clientUrl);
}
/** A client, once it is shown what comes. */
async function attached(url: string): Promise<RawSocket> {
  const socket = await RawSocket.open(url, { token: TOKEN });
  socket.send({ type: 'ping' });
  await socket.seen('pong');
  socket.frames.length = 0;
  return socket;
}
afterEach(() => relay.close());

const event = (seq: unknown, fields: object = {}): Frame => ({
  type: 'stream_delta',
  delta: { message_type: 'assistant_message', content: 'x' },
  runtime,
  event_epoch: 'e',
  event_seq: seq,
  ...fields,
});
/** An event as text, with a field of raw JSON. */
const eventWith = (seq: number, raw: string): string => `${JSON.stringify(event(seq)).slice(0, -1)},"more":${raw}}`;

/** What of the runtime's order the client was shown, up to a number. */
async function shownThrough(seq: number): Promise<unknown[]> {
  await client.seenWhere((frame) => frame['event_seq'] === seq);
  return client.frames
    .filter(({ type }) => type === 'stream_delta' || type === 'resume_gap')
    .map((frame) =>
      frame.type === 'resume_gap' ? `gap ${String(frame['from'])}-${String(frame['to'])}` : frame['event_seq'],
    );
}

async function alive(): Promise<void> {
  expect((await relay.rest('/v1/environments')).status).toBe(200);
}

describe('C29 an event that cannot be taken becomes a hole that is told, and the link goes on', () => {
  it.each<[string, number, string]>([
    ['too deep', 2 ** 20, eventWith(2, DEEP)],
    ['without a type', MAX_FRAME_BYTES, JSON.stringify({ ...event(2), type: undefined })],
    ['with a type that is no text', MAX_FRAME_BYTES, JSON.stringify({ ...event(2), type: 7 })],
    ['too large', MAX_FRAME_BYTES, eventWith(2, JSON.stringify('ä'.repeat(2_500)))],
  ])('%s', async (_name, maxFrameBytes, text) => {
    await start(maxFrameBytes);
    listener.stream.send(event(1));
    listener.stream.send(text);
    listener.stream.send(event(3));
    expect(await shownThrough(3)).toEqual([1, 'gap 2-2', 3]);
    expect(counted).toEqual({ dropped: ['unreadable'], lost: 1 });
    listener.control.send({ type: 'ping' });
    await listener.control.seen('pong');
    await alive();
  });

  it('also when it is the last one, and nothing follows', async () => {
    await start(MAX_FRAME_BYTES);
    listener.stream.send(event(1));
    listener.stream.send(eventWith(2, JSON.stringify('x'.repeat(MAX_FRAME_BYTES))));
    expect(await client.seen('resume_gap')).toMatchObject({ runtime, event_epoch: 'e', from: 2, to: 2 });
  });

  it('of a stock device, whose events the relay names', async () => {
    await start(MAX_FRAME_BYTES);
    const stock = await relay.register({ deviceId: 'stock' });
    const control = await RawSocket.open(`${stock.wsUrl}&channel=control`, { token: TOKEN });
    const stream = await RawSocket.open(`${stock.wsUrl}&channel=stream`, { token: TOKEN });
    client = await attached(relay.ws(`/v1/environments/${stock.connectionId}/status/ws?agentId=a&conversationId=c`));
    for (const text of [41, 42, 43].map((seq) => JSON.stringify({ ...event(seq), event_epoch: undefined })))
      stream.send(text.replace('"event_seq":42', `"event_seq":42,"more":"${'x'.repeat(MAX_FRAME_BYTES)}"`));
    expect(await shownThrough(3)).toEqual([1, 'gap 2-2', 3]);
    expect(control.ws.readyState).toBe(control.ws.OPEN);
  });
});

describe('C29 what breaks the framing closes the link with the reason', () => {
  beforeEach(() => start(MAX_FRAME_BYTES));
  const kinds: [string, string | Buffer, number, RegExp][] = [
    ['no JSON', '{"type":', 1007, /not JSON/],
    ['no object', '[{"type":"ping"}]', 1007, /JSON object/],
    ['a repeated key', '{"type":"stream_delta","runtime":1,"type":"ping"}', 1007, /"type" stands twice/],
    ['a binary message', Buffer.from([1, 2, 3]), 1003, /binary/],
    ['more than a socket takes', `{"type":"x","more":"${'x'.repeat(2 * MAX_FRAME_BYTES)}"}`, 1009, /^$/],
    ['text that is no UTF-8', Buffer.from([0x22, 0xff]), 1007, /^$/],
  ];

  it.each(kinds)('%s, from a listener', async (name, message, code, reason) => {
    listener.stream.ws.send(message, { binary: name === 'a binary message' });
    const closed = await listener.stream.closed;
    expect(closed.code).toBe(code);
    expect(closed.reason).toMatch(reason);
    expect((await listener.control.closed).code).toBe(1001);
    await alive();
    expect(client.ws.readyState).toBe(client.ws.OPEN);
  });

  it.each(kinds)('%s, from a client', async (name, message, code, reason) => {
    const other = await RawSocket.open(clientUrl, { token: TOKEN });
    other.ws.send(message, { binary: name === 'a binary message' });
    const closed = await other.closed;
    expect(closed.code).toBe(code);
    expect(closed.reason).toMatch(reason);
    listener.stream.send(event(1));
    expect(await shownThrough(1)).toEqual([1]);
  });
});

describe('C29 a command that cannot be taken is answered', () => {
  beforeEach(() => start(2 ** 20));

  it.each<[string, string, RegExp]>([
    ['too deep', `{"type":"read_file","request_id":"r","path":${DEEP}}`, /nested deeper than 128/],
    ['too large', `{"type":"read_file","request_id":"r","path":"${'x'.repeat(2 ** 20)}"}`, /larger than 1048576 bytes/],
    ['without a type', '{"request_id":"r","path":"x"}', /needs a "type"/],
  ])('%s', async (_name, text, error) => {
    client.send(text);
    const answer = await client.seenWhere((frame) => frame['request_id'] === 'r');
    expect(answer).toMatchObject({ success: false, error_code: 'FRAME_INVALID' });
    expect(answer['error']).toMatch(error);
    client.send({ type: 'ping' });
    await client.seen('pong');
    expect(counted.dropped).toEqual(['unreadable']);
  });

  it('whatever its id is', async () => {
    client.send(`{"type":"read_file","request_id":${DEEP}}`);
    client.send({ type: 'ping' });
    await client.seen('pong');
  });

  it('and an answer of the device that is too large becomes an error for its asker', async () => {
    client.send({ type: 'read_file', request_id: 'mine', path: 'x' });
    const command = await listener.control.seen('read_file');
    listener.control.send({
      type: 'read_file_response',
      request_id: command['request_id'],
      content: 'x'.repeat(2 ** 20),
    });
    expect(await client.seen('read_file_response')).toMatchObject({
      request_id: 'mine',
      success: false,
      error_code: 'ANSWER_TOO_LARGE',
    });
    expect(listener.control.ws.readyState).toBe(listener.control.ws.OPEN);
  });
});

describe('C29 a forged envelope', () => {
  beforeEach(() => start(MAX_FRAME_BYTES));

  it.each<[string, object]>([
    ['a number as text', event('1')],
    ['a negative number', event(-1)],
    ['a fraction', event(1.5)],
    ['no epoch', event(1, { event_epoch: {} })],
    ['no runtime', event(1, { runtime: 'a' })],
    ['a runtime without ids', event(1, { runtime: {} })],
    ['a frame of the relay’s own', { type: 'resume_gap', runtime, event_epoch: 'e', from: 1, to: 9 }],
  ])('of a device (%s) is dropped and counted', async (_name, forged) => {
    listener.stream.send(forged);
    listener.stream.send(event(1));
    expect(await shownThrough(1)).toEqual([1]);
    expect(client.frames.filter(({ type }) => type !== 'stream_delta')).toEqual([]);
    expect(counted).toEqual({ dropped: ['unreadable'], lost: 0 });
  });

  it('of a client is a command like any, and nobody is shown it as an event', async () => {
    const other = await RawSocket.open(clientUrl, { token: TOKEN });
    other.send({ ...event(1), seq: 9, request_id: 'r' });
    const command = await listener.control.seen('stream_delta');
    expect(command['request_id']).not.toBe('r');
    listener.stream.send(event(1, { delta: { message_type: 'assistant_message', content: 'the real one' } }));
    await shownThrough(1);
    expect(client.frames.filter(({ type }) => type === 'stream_delta')).toMatchObject([
      { delta: { content: 'the real one' } },
    ]);
  });

  it.each([2 ** 53, 1e308, -5, 'x', null])('acknowledging %s closes nobody else', async (seq) => {
    const other = await RawSocket.open(clientUrl, { token: TOKEN });
    other.send({ type: 'ack', seq });
    listener.stream.send(event(1));
    expect(await shownThrough(1)).toEqual([1]);
    await alive();
  });
});

it('C29 a session that throws on a listener’s frame closes that link with the reason, and nothing else', async () => {
  relay = await RelayUnderTest.start();
  const open = async (deviceId: string) => {
    const { wsUrl } = await relay.register({ deviceId });
    return RawSocket.open(wsUrl, { token: TOKEN });
  };
  const [bad, good] = [await open('bad'), await open('good')];
  bad.send({ type: 'throw' });
  expect(await bad.closed).toMatchObject({ code: 1011, reason: expect.stringContaining('its log has the cause') });
  good.send({ type: 'fine' });
  await relay.routing.heard('frame fine');
});
