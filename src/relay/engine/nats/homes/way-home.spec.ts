import { beforeEach, expect, it, vi } from 'vitest';
import { ManualClock, settle } from '../../../../../test/kit/manual-clock.js';
import type { AdmittedClient } from '../../../gateways/client.admission.js';
import { NatsError } from '../connection/nats.error.js';
import type { Newcomer } from '../tunnels/newcomer.js';
import { sleep } from '../../../../protocol/index.js';
import { OwnHome } from './own-homes.js';
import { Tunnels } from '../tunnels/tunnels.js';
import { type Arrival, NOT_HERE, WayHome } from './way-home.js';

const WAIT_MS = 10_000;
const NEWCOMER = { kind: 'call', environmentId: 'env-1' } as const;
const SOCKET: Newcomer = { ...NEWCOMER, kind: 'client', admitted: {} as AdmittedClient };
const ARRIVAL: Arrival<string> = { atHome: () => 'at home', through: () => 'through a tunnel' };

class World {
  readonly clock = new ManualClock();
  readonly here = new OwnHome({ node: 'self', term: 1, before: undefined }, 0);
  /** Where its home is; undefined: here. */
  node: string | undefined;
  /** What becomes of who knocks there. */
  reception: 'accepted' | 'elsewhere' | 'away' | 'unheard' = 'accepted';
  readonly gone = new Set<string>();
  readonly silent = new Set<string>();
  readonly draining = new Set<string>();
  isServing = true;
  readonly claims: (string | undefined)[] = [];
  private readonly tunnels = new Tunnels('self', { maxPacketBytes: 1_024, publish() {} }, this.clock, {
    packetSent() {},
    packetReceived() {},
  });
  readonly way = new WayHome({
    own: {
      find: async (_id, gone) => {
        this.claims.push(gone);
        if (gone !== undefined && gone === this.node) this.node = undefined;
        return this.node ?? this.here;
      },
      of: () => (this.node === undefined ? this.here : undefined),
    },
    homes: { self: 'self', nodeOf: async () => this.node, news: (_id, ms) => sleep(this.clock, ms) },
    doors: {
      knock: async (node) => (this.reception === 'accepted' ? this.tunnels.dial(node) : this.reception),
    },
    nodes: {
      isDraining: (node) => this.draining.has(node),
      isGone: async (node) => this.gone.has(node),
      isSilent: (node) => this.silent.has(node),
    },
    clock: this.clock,
    homeWaitMs: WAIT_MS,
    isServing: () => this.isServing,
  });
}

let world: World;
beforeEach(() => {
  world = new World();
});

it('who comes to the home is there; who comes to another node is taken there', async () => {
  expect(await world.way.take(NEWCOMER, ARRIVAL)).toEqual({ done: 'at home' });
  world.node = 'other';
  expect(await world.way.take(NEWCOMER, ARRIVAL)).toEqual({ done: 'through a tunnel' });
});

it.each([
  ['lives no more', 'away', 'gone'],
  ['is silent, and nobody listens there', 'unheard', 'silent'],
] as const)('a home whose node %s is taken over', async (_what, reception, how) => {
  world.node = 'other';
  world.reception = reception;
  world[how].add('other');
  const taking = world.way.take(NEWCOMER, ARRIVAL);
  await world.clock.advance(1_000);
  expect(await taking).toEqual({ done: 'at home' });
  expect(world.claims).toContain('other');
});

it('a home that does not answer for a moment is looked for again, and not taken over', async () => {
  world.node = 'other';
  world.reception = 'elsewhere';
  const taking = world.way.take(NEWCOMER, ARRIVAL);
  await world.clock.advance(1_000);
  world.reception = 'accepted';
  await world.clock.advance(1_000);
  expect(await taking).toEqual({ done: 'through a tunnel' });
  expect(world.claims).not.toContain('other');
});

it('a home that has moved before it did anything is looked for again', async () => {
  const done: (string | typeof NOT_HERE)[] = [NOT_HERE, 'at home'];
  const taking = world.way.take(NEWCOMER, { ...ARRIVAL, atHome: () => done.shift() ?? NOT_HERE });
  await world.clock.advance(1_000);
  expect(await taking).toEqual({ done: 'at home' });
  expect(done).toEqual([]);
});

it('a home whose node stops is waited for', async () => {
  world.node = 'other';
  world.draining.add('other');
  const taking = world.way.take(NEWCOMER, ARRIVAL);
  await world.clock.advance(1_000);
  world.node = undefined;
  await world.clock.advance(1_000);
  expect(await taking).toEqual({ done: 'at home' });
});

it('who comes while NATS does not say whether a node lives is told that', async () => {
  world.node = 'other';
  world.reception = 'away';
  vi.spyOn(world.gone, 'has').mockImplementation(() => {
    throw new NatsError('NATS is away.');
  });
  await expect(world.way.take(NEWCOMER, ARRIVAL)).rejects.toMatchObject({ code: 'ENGINE_AWAY' });
});

it('nobody waits for longer than that, nor when that is not wanted any more, nor while this node ends', async () => {
  world.node = 'other';
  world.reception = 'away';
  const late = world.way.take(NEWCOMER, ARRIVAL);
  let isWanted = true;
  const left = world.way.take(NEWCOMER, { ...ARRIVAL, isWanted: () => isWanted });
  await settle();
  isWanted = false;
  await world.clock.advance(1_000);
  expect(await left).toBeUndefined();
  await world.clock.advance(WAIT_MS);
  expect(await late).toBeUndefined();
  world.isServing = false;
  expect(await world.way.take(SOCKET, ARRIVAL)).toBeUndefined();
});

it('C26 a request that came before its node stops is answered: here while the home is here, and by the next one', async () => {
  world.isServing = false;
  expect(await world.way.take(NEWCOMER, ARRIVAL)).toEqual({ done: 'at home' });
  world.node = 'self';
  const taking = world.way.take(NEWCOMER, ARRIVAL);
  await world.clock.advance(1_000);
  world.node = 'other';
  await world.clock.advance(1_000);
  expect(await taking).toEqual({ done: 'through a tunnel' });
  expect(world.claims).toEqual([]);
});
