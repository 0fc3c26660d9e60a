import { describe, expect, it } from 'vitest';
import { type BenchClient, FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';

const OURS = { client: 'c-1', channel: 'control' } as const;
const COMING_BACK = { ...OURS, asksForRequests: true } as const;
const WRITTEN = { type: 'write_file_response', success: true };

async function asking() {
  const bench = new RoutingBench();
  const link = bench.connect(FakeDeviceLink.resumable());
  const client = await bench.attach(OURS);
  client.send({ type: 'write_file', request_id: 'mine', path: 'a', content: '' });
  await bench.settled();
  return { bench, link, client };
}
const told = (client: BenchClient): unknown[] => client.of('requests_in_flight').map(({ request_ids: ids }) => ids);

describe('a client that comes back and asks which of its requests there still are', () => {
  it('C24 is told of those that the device has, and of no other’s', async () => {
    const { bench, client } = await asking();
    client.socket.terminate();
    await bench.settled();
    expect(told(await bench.attach(COMING_BACK))).toEqual([['mine']]);
    expect(told(await bench.attach({ ...COMING_BACK, client: 'c-2' }))).toEqual([[]]);
    expect(told(await bench.attach({ ...COMING_BACK, client: undefined }))).toEqual([]);
  });

  it('is told of what was answered meanwhile behind the answer', async () => {
    const { bench, link, client } = await asking();
    client.socket.terminate();
    await bench.settled();
    bench.answer(link, 'write_file', WRITTEN);
    const again = await bench.attach(COMING_BACK);
    expect(again.frames.map(({ type }) => type)).toEqual(['write_file_response', 'requests_in_flight']);
  });

  it('is told of what was answered on a socket that has not closed here yet', async () => {
    const { bench, link, client } = await asking();
    client.acknowledges = false;
    bench.answer(link, 'write_file', WRITTEN);
    await bench.settled();
    const again = await bench.attach(COMING_BACK);
    expect(told(again)).toEqual([['mine']]);
    client.socket.terminate();
    await bench.settled();
    expect(again.of('write_file_response')).toMatchObject([{ request_id: 'mine' }]);
    expect(told(await bench.attach(COMING_BACK))).toEqual([[]]);
  });
});
