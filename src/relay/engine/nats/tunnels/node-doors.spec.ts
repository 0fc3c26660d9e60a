import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../../../test/kit/manual-clock.js';
import { NATS_SKIPPED } from '../../../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../../../test/kit/nats-world.js';
import { SILENT } from '../../../../../test/kit/silent-logger.js';
import { SYSTEM_CLOCK, type Clock } from '../../../../protocol/index.js';
import { RelayError } from '../../../relay.error.js';
import type { NatsConnection } from '../connection/nats-connection.js';
import type { Newcomer } from './newcomer.js';
import { NodeDoors } from './node-doors.js';
import type { Tunnel } from './tunnel.js';

const QUIET = { packetSent: () => {}, packetReceived: () => {} };
const NEWCOMER: Newcomer = { kind: 'call', environmentId: 'env-1' };
type Receive = (newcomer: Newcomer) => Promise<((tunnel: Tunnel) => void) | undefined>;

describe.skipIf(NATS_SKIPPED !== undefined)(`doors of nodes (NATS: ${NATS_SKIPPED ?? 'here'})`, () => {
  let world: NatsWorld;
  const open: NodeDoors[] = [];
  beforeAll(async () => {
    Logger.overrideLogger(SILENT);
    world = await NatsWorld.start();
  });
  afterAll(() => world.dispose());
  afterEach(async () => {
    for (const doors of open.splice(0)) doors.stop();
    await world.empty();
  });

  async function node(self: string, receive: Receive = async () => undefined, clock: Clock = SYSTEM_CLOCK) {
    const connection: NatsConnection = await world.node();
    const doors = new NodeDoors({ self, connection, clock, observer: QUIET, receive });
    open.push(doors);
    // What was subscribed to is known to the server.
    await connection.core.flush();
    return doors;
  }

  /** A node that sends everything back. */
  const echo: Receive = async () => (tunnel) =>
    tunnel.receive({ message: (text) => tunnel.send(`${text}, again`), closed: () => {} });

  async function knock(doors: NodeDoors, at: string): Promise<Tunnel> {
    const tunnel = await doors.knock(at, NEWCOMER);
    if (typeof tunnel === 'string') throw new Error(tunnel);
    return tunnel;
  }

  function answer(tunnel: Tunnel, text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      tunnel.receive({ message: resolve, closed: (code) => reject(new Error(String(code))) });
      tunnel.send(text);
    });
  }

  it('who is taken in gets a tunnel to there; the other node hears who it is', async () => {
    const receive = vi.fn<Receive>(echo);
    await node('home', receive);
    const edge = await node('edge');
    expect(await answer(await knock(edge, 'home'), 'hello')).toBe('hello, again');
    expect(receive).toHaveBeenCalledExactlyOnceWith(NEWCOMER);
  });

  it('carries what is larger than NATS takes', async () => {
    await node('home', echo);
    const edge = await node('edge');
    const large = 'é'.repeat(3 * 1024 * 1024);
    expect(await answer(await knock(edge, 'home'), large)).toBe(`${large}, again`);
  });

  it.each<[string, Receive]>([
    ['says that it is not the home', async () => undefined],
    ['fails', () => Promise.reject(new Error('NATS is away'))],
  ])('a node that %s takes nobody in', async (_what, receive) => {
    await node('other', receive);
    const edge = await node('edge');
    expect(await edge.knock('other', NEWCOMER)).toBe('elsewhere');
    expect(edge.tunnels.count).toBe(0);
  });

  it('a node that finds out too late that it is the home takes nobody in: who knocked has gone', async () => {
    const clock = new ManualClock();
    const taken = vi.fn<(tunnel: Tunnel) => void>();
    await node('home', async () => (await clock.advance(5_000), taken), clock);
    const edge = await node('edge');
    expect(await edge.knock('home', NEWCOMER)).toBe('elsewhere');
    expect(taken).not.toHaveBeenCalled();
  });

  it('sockets do not fail for a connection that is closing', async () => {
    const edge = await node('edge');
    const tunnel = edge.tunnels.dial('home');
    const closing = world.empty();
    tunnel.send('hello');
    await closing;
    tunnel.send('hello');
    tunnel.ask();
    expect(tunnel.open).toBe(true);
  });

  it('says in one line that somebody was not let in because NATS does not answer', async () => {
    const warned = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await node('home', () => Promise.reject(new RelayError('ENGINE_AWAY')));
    expect(await (await node('edge')).knock('home', NEWCOMER)).toBe('elsewhere');
    expect(warned.mock.calls).toEqual([[expect.stringMatching(/^Somebody .* was not let in: .* does not reach NATS/)]]);
    warned.mockRestore();
  });

  it('a node that is not there is known at once', async () => {
    const edge = await node('edge');
    expect(await edge.knock('nowhere', NEWCOMER)).toBe('unheard');
    expect(edge.tunnels.count).toBe(0);
  });

  it('nobody is asked while NATS is away; tunnels stay, and what was sent meanwhile arrives', async () => {
    await node('home', echo);
    const edge = await node('edge');
    const tunnel = await knock(edge, 'home');
    let heard: Promise<string> | undefined;
    await world.outage(async () => {
      expect(await edge.knock('home', NEWCOMER)).toBe('away');
      heard = answer(tunnel, 'hello');
    });
    expect(await heard).toBe('hello, again');
    expect(edge.tunnels.count).toBe(1);
  });
});
