import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/kit/manual-clock.js';
import type { PresenceRecord } from '../../../environments/presence.js';
import type { HomeRecord, Shown } from './homes.js';
import { ShownEnvironments } from './shown-environments.js';

const ONLINE: PresenceRecord = {
  online: true,
  connectedAt: 1,
  awaySince: null,
  lastHeartbeat: null,
  lastSeenAt: 1,
  offline: null,
};
const OFFLINE_AFTER_MS = 1_000;

class World {
  readonly clock = new ManualClock();
  readonly records = new Map<string, HomeRecord>();
  readonly own = new Map<string, Shown>();
  readonly heard = new Set<string>();
  readonly told: string[] = [];
  readonly overdue: string[] = [];
  readonly shown = new ShownEnvironments({
    own: { has: (id) => this.own.has(id), shown: (id) => this.own.get(id) ?? { presence: undefined, facts: {} } },
    homes: {
      shown: (id) => this.records.get(id),
      servedBy: (node) => [...this.records].filter(([, record]) => record.node === node).map(([id]) => id),
    },
    nodes: { isHeard: (node) => this.heard.has(node) },
    changed: { heard: (id) => void this.told.push(id) },
    clock: this.clock,
    offlineAfterMs: OFFLINE_AFTER_MS,
    overdue: (id) => void this.overdue.push(id),
  });

  /** A home says this of an environment. */
  say(id: string, node: string, presence: PresenceRecord): void {
    this.records.set(id, { node, term: 1, presence, facts: {} });
    this.shown.said(id);
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

const reason = (id: string) => world.shown.of(id)?.presence?.offline?.reason;

it("shows what an environment's home says, and tells of it; of its own it shows what is so here", () => {
  world.heard.add('a');
  world.say('env-1', 'a', ONLINE);
  expect(world.shown.of('env-1')?.presence).toEqual(ONLINE);
  const mine: Shown = { presence: ONLINE, facts: { mode: 'plan' } };
  world.own.set('env-2', mine);
  world.say('env-2', 'self', { ...ONLINE, lastSeenAt: 0 });
  expect(world.shown.of('env-2')).toBe(mine);
  expect(world.told).toEqual(['env-1']);
  expect(world.shown.of('env-3')).toBeUndefined();
});

it('tells of all that a node served which is gone, or there again', () => {
  world.heard.add('a');
  world.say('env-1', 'a', ONLINE);
  world.say('env-2', 'b', ONLINE);
  world.told.length = 0;
  world.heard.delete('a');
  world.shown.nodeTurned('a');
  expect([world.told, reason('env-1')]).toEqual([['env-1'], 'relay-restarted']);
  world.heard.add('a');
  world.shown.nodeTurned('a');
  expect([world.told, reason('env-1')]).toEqual([['env-1', 'env-1'], undefined]);
});

it('tells once that a device which was expected has not come', async () => {
  world.say('env-1', '', { ...ONLINE, awaySince: world.clock.now() });
  world.told.length = 0;
  world.shown.look();
  expect(world.told).toEqual([]);
  await world.clock.advance(OFFLINE_AFTER_MS);
  world.shown.look();
  world.shown.look();
  expect([world.told, world.overdue, reason('env-1')]).toEqual([['env-1'], [], 'lost']);
});

it('tells nothing of one that came in time', async () => {
  world.heard.add('a');
  world.say('env-1', '', { ...ONLINE, awaySince: world.clock.now() });
  world.say('env-1', 'a', ONLINE);
  world.told.length = 0;
  await world.clock.advance(OFFLINE_AFTER_MS);
  world.shown.look();
  expect(world.told).toEqual([]);
});

it('has its own ones written down that were expected for too long', () => {
  world.own.set('env-1', { presence: { ...ONLINE, awaySince: 1 }, facts: {} });
  world.say('env-1', 'self', ONLINE);
  world.own.set('env-1', { presence: { ...ONLINE, online: false }, facts: {} });
  world.shown.look();
  expect([world.told, world.overdue]).toEqual([['env-1'], ['env-1']]);
});
