import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/kit/manual-clock.js';
import type { AdmittedClient } from '../../../gateways/client.admission.js';
import type { AdmittedDevice } from '../../../gateways/device.admission.js';
import type { Newcomer } from '../tunnels/newcomer.js';
import type { ChannelName } from '../../../../protocol/index.js';
import { decodePacket, type Packet } from '../tunnels/tunnel-packet.js';
import { Tunnels } from '../tunnels/tunnels.js';
import { HomeDoor } from './home-door.js';
import { OwnHome } from './own-homes.js';

const environmentId = 'env';
function clientOn(channel: ChannelName, client?: string): Newcomer {
  const attachment = { environmentId, channel, ...(client === undefined ? {} : { client }) };
  return { kind: 'client', environmentId, admitted: { attachment } as unknown as AdmittedClient };
}

const CLIENT = clientOn('control');
const LISTENER: Newcomer = {
  kind: 'listener',
  environmentId,
  admitted: { standing: { state: 'unknown' } } as AdmittedDevice,
};

class World {
  readonly home = new OwnHome({ node: 'self', term: 1, before: undefined }, 0);
  known: OwnHome | undefined = this.home;
  node = 'self';
  found: OwnHome | string = this.home;
  isServing = true;
  hasListener = false;
  isAwaited = false;
  readonly did: string[] = [];
  readonly published: Packet[] = [];
  private readonly bus = {
    maxPacketBytes: 1_024,
    publish: (_node: string, bytes: Uint8Array): void => {
      const packet = decodePacket(bytes);
      if (packet) this.published.push(packet);
    },
  };
  private readonly tunnels = new Tunnels('self', this.bus, new ManualClock(), {
    packetSent() {},
    packetReceived() {},
  });
  readonly tunnel = this.tunnels.dial('other');
  readonly door = new HomeDoor({
    here: {
      client: () => void this.did.push('client'),
      listener: () => void this.did.push('listener'),
      named: () => void this.did.push('named'),
      serves: () => this.hasListener,
      isAwaited: () => this.isAwaited,
    },
    own: {
      of: () => this.known,
      find: async () => (this.known = this.found instanceof OwnHome ? this.found : undefined) ?? this.found,
      leave: async () => void this.did.push('leave'),
    },
    homes: { self: 'self', nodeOf: async () => this.node },
    calls: { serve: async () => null },
    isServing: () => this.isServing,
  });
}

let world: World;
beforeEach(() => {
  world = new World();
});

it('lets in whoever comes to its home', async () => {
  const take = await world.door.receive(CLIENT);
  take?.(world.tunnel);
  expect([world.did, world.tunnel.open]).toEqual([['client'], true]);
});

it('lets nobody in where it is not the home, or where the node ends', async () => {
  world.known = undefined;
  world.node = 'other';
  expect(await world.door.receive(CLIENT)).toBeUndefined();
  world.node = 'self';
  world.found = 'other';
  expect(await world.door.receive(CLIENT)).toBeUndefined();
  world.found = world.home;
  world.isServing = false;
  expect(await world.door.receive(CLIENT)).toBeUndefined();
});

it('gives a home back to the node that its listener came to, unless somebody waits for it here, or may come back for an answer', async () => {
  expect(await world.door.receive(LISTENER)).toBeUndefined();
  expect(world.did).toEqual(['leave']);
  world.home.expected = 1;
  expect(await world.door.receive(LISTENER)).toBeDefined();
  world.home.expected = 0;
  world.hasListener = true;
  expect(await world.door.receive(LISTENER)).toBeDefined();
  world.hasListener = false;
  world.isAwaited = true;
  expect(await world.door.receive(LISTENER)).toBeDefined();
  expect(world.did).toEqual(['leave']);
});

it('breaks the tunnel of whoever comes when the home has just gone', async () => {
  const take = await world.door.receive(CLIENT);
  world.known = undefined;
  take?.(world.tunnel);
  expect([world.did, world.tunnel.open]).toEqual([[], false]);
});

it.each([
  ['its control', clientOn('control', 'c'), [{ code: 1012, reason: expect.stringMatching(/^Messages-Read: 0\. /) }]],
  ['its stream', clientOn('stream', 'c'), []],
])('C26 tells a client that nothing was read on %s', async (_which, client, closes) => {
  const take = await world.door.receive(client);
  world.known = undefined;
  take?.(world.tunnel);
  const said = world.published.filter(({ kind }) => kind === 'close');
  expect(said.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as unknown)).toEqual(closes);
});
