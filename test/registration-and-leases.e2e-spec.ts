import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RegistrationResponse } from '../src/protocol/index.js';
import { RelayUnderTest, OTHER_TOKEN, TOKEN } from './kit/relay-under-test.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';

let relay: RelayUnderTest;
beforeEach(async () => {
  relay = await RelayUnderTest.start({ maxFrameBytes: 4096 });
});
afterEach(() => relay.close());

const open = (wsUrl: string, query = '') => RawSocket.open(`${wsUrl}${query}`, { token: TOKEN });
const pair = (channel: string, attempt: number, generation = `g${attempt}`) =>
  `&channel=${channel}&connectionGeneration=${generation}&connectionAttempt=${attempt}`;

async function openPair({ wsUrl }: RegistrationResponse, attempt = 1) {
  const control = await open(wsUrl, pair('control', attempt));
  await control.seen('listener_ready');
  const stream = await open(wsUrl, pair('stream', attempt));
  await stream.seen('listener_ready');
  return { control, stream };
}

describe('registration', () => {
  it('answers what the wire says', async () => {
    const answer = await relay.register({
      metadata: {
        supportsPairedListenerGenerations: true,
        supportsResumableChannels: true,
        supportsChunkedFrames: true,
      },
    });
    expect(answer).toEqual({
      connectionId: expect.stringMatching(/^conn-/),
      wsUrl: expect.stringMatching(
        `^ws://127.0.0.1:${relay.port}/v1/environments/${answer.connectionId}/listener/ws\\?lease=[\\w-]{22,}$`,
      ),
      supportsSplitStatusChannels: true,
      supportsPairedListenerGenerations: true,
      supportsResumableChannels: false,
      supportsChunkedFrames: false,
      maxFrameBytes: 4096,
    });
  });

  it('agrees to paired generations only when the listener said exactly true', async () => {
    for (const said of [undefined, 'true', 1, false])
      expect(await relay.register({ metadata: { supportsPairedListenerGenerations: said } })).toMatchObject({
        supportsPairedListenerGenerations: false,
      });
  });

  it('keeps the connectionId and changes the lease', async () => {
    const [first, second] = [await relay.register(), await relay.register({ unknownField: 1 })];
    expect(second.connectionId).toBe(first.connectionId);
    expect(second.wsUrl).not.toBe(first.wsUrl);
    expect((await relay.register({ listenerInstanceId: 'other' })).connectionId).not.toBe(first.connectionId);
  });

  it('refuses another token, also for the sockets', async () => {
    const { wsUrl } = await relay.register();
    const body = { deviceId: 'device-1', connectionName: 'thief' };
    const answer = await relay.rest('/v1/environments/register', { body, token: OTHER_TOKEN });
    expect(answer).toMatchObject({ status: 409, body: { errorCode: 'ENVIRONMENT_TAKEN' } });
    expect(await refused(dial(wsUrl, { token: OTHER_TOKEN }))).toMatchObject({
      status: 409,
      body: { errorCode: 'ENVIRONMENT_TAKEN' },
    });
  });

  it.each([
    ['{"connectionName":"x"}', /deviceId/],
    ['{"deviceId":"x"}', /connectionName/],
    ['{"deviceId":5,"connectionName":"x"}', /deviceId/],
    ['{"deviceId":"x","connectionName":"x","metadata":"y"}', /metadata/],
    ['{', /JSON/],
  ])('names what is wrong with %s', async (body, names) => {
    const answer = await relay.rest('/v1/environments/register', { body });
    expect(answer).toMatchObject({
      status: 400,
      body: { errorCode: 'BAD_REQUEST', message: expect.stringMatching(names) },
    });
  });

  it('points at the public address when there is one', async () => {
    await relay.close();
    relay = await RelayUnderTest.start({ publicUrl: 'https://relay.example.org/base/' });
    const { wsUrl } = await relay.register();
    expect(wsUrl).toMatch(/^wss:\/\/relay\.example\.org\/base\/v1\/environments\/conn-[0-9a-f]+\/listener\/ws\?lease=/);
  });
});

describe('sockets of a listener', () => {
  it('legacy: ready when open; pings are answered', async () => {
    const { wsUrl } = await relay.register();
    const socket = await open(wsUrl, '&deviceId=device-1&connectionName=laptop');
    await relay.routing.heard('ready legacy');
    socket.send({ type: 'ping' });
    await socket.seen('pong');
    socket.send({ type: 'stream_delta', seq: 5 });
    await relay.routing.heard('frame stream_delta');
    expect(relay.routing.frames).toEqual([{ channel: 'control', frame: { type: 'stream_delta', seq: 5 } }]);
  });

  it('split: ready when both are open, without a greeting', async () => {
    const { wsUrl } = await relay.register();
    const sockets = await Promise.all([open(wsUrl, '&channel=stream'), open(wsUrl, '&channel=control')]);
    await relay.routing.heard('ready split');
    for (const socket of sockets) {
      socket.send({ type: 'ping' });
      await socket.seen('pong');
      expect(socket.frames).toEqual([{ type: 'pong' }]);
    }
  });

  it('paired: greeted one after the other, frames told apart by channel', async () => {
    const { control, stream } = await openPair(await relay.register());
    expect(stream.frames[0]).toEqual({ type: 'listener_ready', connection_generation: 'g1', connection_attempt: 1 });
    control.send({ type: 'on_control' });
    stream.send({ type: 'on_stream' });
    await relay.routing.heard('frame on_control');
    await relay.routing.heard('frame on_stream');
    expect(relay.routing.frames).toContainEqual({ channel: 'stream', frame: { type: 'on_stream' } });
    stream.ws.terminate();
    expect((await control.closed).code).toBe(1001);
    await relay.routing.heard('closed');
    expect(relay.routing.told).not.toContain('offline');
  });

  it('C14 a late stream of an older attempt never joins the newer control', async () => {
    const registration = await relay.register();
    const first = await openPair(registration, 1);
    const control = await open(registration.wsUrl, pair('control', 2));
    expect((await first.control.closed).code).toBe(1001);
    expect((await first.stream.closed).code).toBe(1001);
    const late = await open(registration.wsUrl, pair('stream', 1));
    expect((await late.closed).code).toBe(1001);
    const older = await open(registration.wsUrl, pair('control', 1));
    expect((await older.closed).code).toBe(1001);
    const twin = await open(registration.wsUrl, pair('control', 2, 'another'));
    expect((await twin.closed).code).toBe(1001);
    const stream = await open(registration.wsUrl, pair('stream', 2));
    await stream.seen('listener_ready');
    control.send({ type: 'alive' });
    await relay.routing.heard('frame alive');
  });

  it('an unknown lease is let in and told so with 1008', async () => {
    const { wsUrl, connectionId } = await relay.register();
    for (const url of [
      `${wsUrl}x`,
      relay.ws('/v1/environments/conn-nowhere/listener/ws?lease=x'),
      relay.ws(`/v1/environments/${connectionId}/listener/ws`),
    ]) {
      const socket = await open(url);
      expect(await socket.closed).toMatchObject({ code: 1008, reason: expect.stringContaining('register again') });
    }
  });

  it('C15 a newer process wins once; the older is stopped and cannot register again', async () => {
    const metadata = { processInstanceId: 'p1' };
    const first = await relay.register({ metadata });
    const old = await openPair(first);
    const second = await relay.register({ metadata: { processInstanceId: 'p2' } });
    old.control.send({ type: 'ping' });
    await old.control.seen('pong');
    await openPair(second);
    const replaced = { code: 1000, reason: 'Replaced by new connection' };
    expect(await old.control.closed).toEqual(replaced);
    expect(await old.stream.closed).toEqual(replaced);
    expect(await (await open(first.wsUrl)).closed).toEqual(replaced);
    const body = { deviceId: 'device-1', connectionName: 'laptop', metadata };
    expect(await relay.rest('/v1/environments/register', { body })).toMatchObject({
      status: 409,
      body: { errorCode: 'LISTENER_SUPERSEDED' },
    });
  });

  it('C15 a stock listener that comes back although it was replaced is sent to register, and refused there', async () => {
    const first = await relay.register();
    const old = await open(first.wsUrl, '&channel=control');
    await open(first.wsUrl, '&channel=stream');
    await relay.routing.heard('ready split');
    const second = await relay.register();
    await open(second.wsUrl, '&channel=control');
    await open(second.wsUrl, '&channel=stream');
    expect((await old.closed).code).toBe(1000);
    const stream = await open(first.wsUrl, '&channel=stream');
    expect((await stream.closed).code).toBe(1000);
    const control = await open(first.wsUrl, '&channel=control');
    expect((await control.closed).code).toBe(1008);
    const body = { deviceId: 'device-1', connectionName: 'laptop' };
    const answer = await relay.rest('/v1/environments/register', { body });
    expect(answer).toMatchObject({ status: 409, body: { errorCode: 'LISTENER_SUPERSEDED' } });
    // It has stopped: whoever registers now is another one.
    expect((await relay.register()).connectionId).toBe(first.connectionId);
  });

  it('the same process replaces its older link with 1001', async () => {
    const metadata = { processInstanceId: 'p1' };
    const first = await relay.register({ metadata });
    const old = await open(first.wsUrl);
    await open((await relay.register({ metadata })).wsUrl);
    expect((await old.closed).code).toBe(1001);
    expect((await (await open(first.wsUrl)).closed).code).toBe(1001);
  });

  it('C29 broken framing closes with a reason; a frame without type does not', async () => {
    const { wsUrl } = await relay.register();
    const first = await open(wsUrl);
    first.send({ no: 'type' });
    first.send({ type: 'ping' });
    await first.seen('pong');
    first.ws.send(Buffer.from([1]));
    expect(await first.closed).toEqual({ code: 1003, reason: expect.stringContaining('binary') });
    const second = await open(wsUrl);
    second.send('{"type":"a","type":"b"}');
    expect(await second.closed).toEqual({ code: 1007, reason: expect.stringContaining('twice') });
    const third = await open(wsUrl);
    third.send({ type: 'large', data: 'x'.repeat(10_000) });
    expect((await third.closed).code).toBe(1009);
    const fourth = await open(wsUrl);
    fourth.send({ type: 'throw' });
    expect((await fourth.closed).code).toBe(1011);
    expect((await relay.rest('/v1/health')).status).toBe(200);
  });
});
