import { afterEach, describe, expect, it } from 'vitest';
import { ProtocolEmitterService } from '../src/emitter/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../src/transport/index.js';
import { type DeviceApp, startDevice } from './kit/device-app.js';
import { FakeServer } from './kit/fake-server.js';
import { Twinlane } from './kit/twinlane.js';

const FLOODING = { agent_id: 'a', conversation_id: 'flooding' };
const WORKING = { agent_id: 'a', conversation_id: 'working' };
const LARGE = 20_000;
const SMALL = 500;
const FLOOD = 1_000;
const WORK = 200;
/** Around what a frame carries: its envelope. */
const ENVELOPE = 500;

const delta = (size: number) => ({ delta: { message_type: 'assistant_message', content: 'x'.repeat(size) } });

function emitBoth(emitter: ProtocolEmitterService): void {
  for (let i = 0; i < FLOOD; i++) emitter.emit('stream_delta', delta(LARGE), FLOODING);
  for (let i = 0; i < WORK; i++) emitter.emit('stream_delta', delta(SMALL), WORKING);
}

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

describe.each([
  ['legacy', {}],
  ['split', { supportsSplitStatusChannels: true }],
])('two busy runtimes on a plain %s link', (_, capabilities) => {
  async function start(): Promise<{ server: FakeServer; device: DeviceApp }> {
    const server = await FakeServer.start({ capabilities });
    const device = await startDevice(server.url);
    closing = [() => device.close(), () => server.stop()];
    await device.reaches('ready');
    return { server, device };
  }

  it('C16 share by bytes: one that floods gets no more than the other while that one has frames waiting', async () => {
    const { server, device } = await start();
    emitBoth(device.emitter);
    const arrived = () => server.of('stream_delta').map(({ frame }) => frame['runtime'] as typeof WORKING);
    const isWorking = ({ conversation_id: id }: typeof WORKING): boolean => id === WORKING.conversation_id;
    await server.until(() => arrived().filter(isWorking).length === WORK);
    const order = arrived().map(isWorking);
    const meanwhile = order.slice(order.indexOf(true), order.lastIndexOf(true)).filter((working) => !working).length;
    expect(meanwhile * LARGE).toBeLessThanOrEqual(WORK * (SMALL + ENVELOPE) + LARGE + ENVELOPE);
    await server.until(() => arrived().length === FLOOD + WORK);
    expect(server.registrations).toHaveLength(1);
  });

  it('C16 C18 hold back what waits, so that an answer goes ahead of it', async () => {
    const { server, device } = await start();
    emitBoth(device.emitter);
    await server.until(() => server.of('stream_delta').length >= 20);
    device.emitter.send({ type: 'read_file_response', request_id: 'r', success: true });
    await server.until(() => server.of('read_file_response').length === 1);
    expect(server.of('stream_delta').length).toBeLessThan((FLOOD + WORK) / 2);
    await server.until(() => server.of('stream_delta').length === FLOOD + WORK);
  });
});

describe('two busy runtimes on a resumable link', () => {
  it('C16 both arrive whole, each at its client, and nobody is killed', async () => {
    const twinlane = await Twinlane.start();
    closing = [() => twinlane.close()];
    const emitter = twinlane.listener.get(ProtocolEmitterService, { strict: false });
    const links = twinlane.listener.get<LinkMonitor>(LINK_MONITOR, { strict: false });
    const phases: string[] = [];
    void (async () => {
      for await (const { phase } of links.states()) phases.push(phase);
    })();
    const clients = await Promise.all([FLOODING, WORKING].map((runtime) => twinlane.attach(runtime)));
    const seen = clients.map(async (client, i) => {
      let count = 0;
      for await (const { type } of client.events())
        if (type === 'stream_delta' && ++count === (i === 0 ? FLOOD : WORK)) return { i, count };
      throw new Error('its events ended');
    });
    emitBoth(emitter);
    expect(await Promise.race(seen)).toEqual({ i: 1, count: WORK });
    expect(await Promise.all(seen)).toHaveLength(2);
    expect(phases).toEqual(['ready']);
    expect(clients.map(({ state }) => state.phase)).toEqual(['open', 'open']);
  });
});
