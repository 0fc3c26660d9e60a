import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/kit/manual-clock.js';
import { HomeUpkeep } from './home-upkeep.js';
import type { Shown } from './homes.js';
import { OwnHome } from './own-homes.js';

const IDLE_MS = 10_000;
const SHOWN: Shown = {
  presence: { online: true, connectedAt: 1, awaySince: null, lastHeartbeat: null, lastSeenAt: 1, offline: null },
  facts: {},
};
const OFFLINE: Shown = { presence: undefined, facts: {} };

class World {
  readonly clock = new ManualClock();
  readonly shown = new Map<string, Shown>();
  readonly homes = new Map<string, OwnHome>();
  readonly served = new Set<string>();
  readonly did: string[] = [];
  /** What writing does: whether the home is still this one, or fails. */
  saying: () => Promise<boolean> = async () => true;
  readonly upkeep: HomeUpkeep;

  constructor() {
    const { clock, homes, shown, served, did } = this;
    const end = (what: string) => (id: string) => {
      did.push(`${what} ${id}`);
      homes.delete(id);
    };
    this.upkeep = new HomeUpkeep({
      own: {
        get ids() {
          return [...homes.keys()];
        },
        of: (id) => homes.get(id),
        shown: (id) => shown.get(id) ?? OFFLINE,
        lose: end('lose'),
        leave: async (id) => end('leave')(id),
      },
      homes: {
        say: (id, { facts }) => {
          did.push(`say ${id} ${facts.mode ?? ''}`);
          return this.saying();
        },
      },
      here: { serves: (id) => served.has(id) },
      clock,
      homeIdleMs: IDLE_MS,
      unsaid: (id) => void did.push(`unsaid ${id}`),
      look: () => {},
    });
  }

  home(id: string, shown: Shown = SHOWN): OwnHome {
    const home = new OwnHome({ node: 'self', term: 1, before: undefined }, this.clock.now());
    this.homes.set(id, home);
    this.shown.set(id, shown);
    return home;
  }
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['error', 'warn', 'log']));

let world: World;
beforeEach(() => {
  world = new World();
});

it('changes that come together are written down once, as things are then', async () => {
  world.home('env-1');
  world.upkeep.noted('env-1');
  world.shown.set('env-1', { ...SHOWN, facts: { mode: 'plan' } });
  world.upkeep.noted('env-1');
  await world.clock.advance(1_000);
  expect(world.did).toEqual(['say env-1 plan']);
});

it('where homes show nothing else, others are told that the registry does', async () => {
  world.home('env-1');
  world.upkeep.noted('env-1');
  await world.clock.advance(1_000);
  world.upkeep.noted('env-1');
  await world.clock.advance(1_000);
  expect(world.did).toEqual(['say env-1 ', 'unsaid env-1']);
});

it('what cannot be written down is written later', async () => {
  world.home('env-1');
  world.saying = () => Promise.reject(new Error('NATS is away'));
  world.upkeep.noted('env-1');
  await world.clock.advance(1_000);
  world.saying = async () => true;
  await world.clock.advance(10_000);
  expect(world.did).toEqual(['say env-1 ', 'say env-1 ']);
});

it('one that another node has taken ends here', async () => {
  world.home('env-1');
  world.saying = async () => false;
  world.upkeep.noted('env-1');
  await world.clock.advance(1_000);
  expect(world.did).toEqual(['say env-1 ', 'lose env-1']);
});

it('one that may be of another node is asked for until NATS says whose it is, though nothing has changed', async () => {
  world.home('env-1');
  world.upkeep.noted('env-1');
  await world.clock.advance(1_000);
  world.did.length = 0;
  world.saying = () => Promise.reject(new Error('NATS does not answer'));
  world.upkeep.doubted('env-1');
  await world.clock.advance(100);
  world.saying = async () => false;
  await world.clock.advance(10_000);
  world.upkeep.doubted('env-1');
  await world.clock.advance(10_000);
  expect(world.did).toEqual(['say env-1 ', 'say env-1 ', 'lose env-1']);
});

it('gives back what nobody needs, once that has been so for a while', async () => {
  world.home('online');
  world.home('served', OFFLINE);
  world.served.add('served');
  world.home('awaited', OFFLINE).expected = 1;
  world.home('idle', OFFLINE);
  await world.clock.advance(IDLE_MS);
  expect(world.did).toEqual([]);
  world.served.delete('served');
  await world.clock.advance(5_000);
  expect(world.did).toEqual(['leave idle']);
  await world.clock.advance(IDLE_MS);
  expect(world.did).toEqual(['leave idle', 'leave served']);
});

it('does nothing more once it has stopped', async () => {
  world.home('env-1', OFFLINE);
  world.upkeep.noted('env-1');
  world.upkeep.stop();
  await world.clock.advance(IDLE_MS * 3);
  expect([world.did, world.clock.pending]).toEqual([[], 0]);
});
