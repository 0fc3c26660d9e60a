import { describe, expect, it } from 'vitest';
import { type BenchClient, FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';
import { LimitsOptions } from '../access/limits.options.js';

const RATE = { commandsPerSecond: 10, commandBurst: 3, floodMs: 1_000 };

function start() {
  const bench = new RoutingBench({ limits: Object.assign(new LimitsOptions(), RATE) });
  return { bench, link: bench.connect(new FakeDeviceLink(true)) };
}

/** So that no command is a repetition of another one. */
let asked = 0;

async function ask(bench: RoutingBench, client: BenchClient, times: number, fields: object = {}): Promise<void> {
  for (let n = 0; n < times; n++)
    client.send({ type: 'read_file', request_id: `r${n}`, path: `${asked++}`, ...fields });
  await bench.settled();
}

describe('the rate of commands', () => {
  it('C36 is of each client: what is over gets an error with the time to wait, one after the other', async () => {
    const { bench, link } = start();
    const [busy, other] = [await bench.attach(), await bench.attach()];
    await ask(bench, busy, 5);
    await ask(bench, other, 1);
    expect(link.sent).toHaveLength(4);
    expect(busy.of('read_file_response')).toMatchObject([
      { request_id: 'r3', success: false, error_code: 'TOO_MANY', retry_after_ms: 100 },
      { request_id: 'r4', success: false, error_code: 'TOO_MANY', retry_after_ms: 200 },
    ]);
    await bench.clock.advance(200);
    await ask(bench, busy, 2);
    expect(link.sent).toHaveLength(6);
  });

  it('C36 is kept over a reconnect', async () => {
    const { bench, link } = start();
    const busy = await bench.attach({ client: 'me' });
    await ask(bench, busy, 3);
    busy.socket.close(1000);
    await bench.settled();
    await ask(bench, await bench.attach({ client: 'me' }), 3);
    expect(link.sent).toHaveLength(3);
  });

  it.each([
    ['me', 4029],
    [undefined, 1013],
  ])('C36 closes who goes on (client=%s: %i), once, and says when to come back', async (client, code) => {
    const { bench, link } = start();
    const busy = await bench.attach({ client });
    await ask(bench, busy, 50);
    expect(link.sent).toHaveLength(3);
    expect(busy.closed).toEqual({ code, reason: 'Retry-After: 2. At most 10 commands a second.' });
  });

  it.each([
    { type: 'terminal_input', request_id: undefined },
    { type: 'external_tool_call_response' },
    { request_id: undefined },
  ])('C36 closes rather than drop what nobody would be told of: %j', async (fields) => {
    const { bench } = start();
    const busy = await bench.attach();
    await ask(bench, busy, 4, fields);
    expect(busy.closed).toMatchObject({ code: 4029 });
  });

  it.each([
    ['heartbeats', { type: 'ping' }],
    ['acknowledgements of nothing new', { type: 'ack', seq: 0 }],
    ['acknowledgements that are none', { type: 'ack', seq: 'x' }],
    ['messages that are no frames', { request_id: 'r' }],
  ])('C36 closes the socket of who floods with %s', async (_what, frame) => {
    const limits = Object.assign(new LimitsOptions(), { framesPerSecond: 10, frameBurst: 20 });
    const bench = new RoutingBench({ limits });
    const flooder = await bench.attach();
    for (let n = 0; n < 40; n++) flooder.send(frame);
    await bench.settled();
    expect(flooder.closed).toEqual({ code: 4029, reason: 'Retry-After: 2. At most 10 small frames a second.' });
  });

  it('does not count acknowledgements and pings', async () => {
    const { bench } = start();
    const client = await bench.attach();
    for (let n = 0; n < 100; n++) client.send({ type: 'ping' });
    await bench.settled();
    expect(client.of('pong')).toHaveLength(100);
    expect(client.closed).toBeUndefined();
  });
});
