import { beforeEach, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../../../test/kit/manual-clock.js';
import type { PresenceRecord } from '../../../environments/presence.js';
import type { Claim, HomeRecord, Shown } from './homes.js';
import { OwnHome, OwnHomes } from './own-homes.js';

const SELF = 'self';
const ONLINE: PresenceRecord = {
  online: true,
  connectedAt: 1,
  awaySince: null,
  lastHeartbeat: null,
  lastSeenAt: 1,
  offline: null,
};

/** What an environment's homes are made of, with everything that was asked of it written down. */
class World {
  readonly clock = new ManualClock();
  readonly did: string[] = [];
  readonly counted: string[] = [];
  readonly records = new Map<string, HomeRecord>();
  readonly here = new Map<string, PresenceRecord>();
  /** Of the next history: what loading it resolves with. */
  loading: Promise<void> = Promise.resolve();
  failing: Error | undefined;
  isServing = true;
  /** What happens before whoever claims is told. */
  claiming: () => void = () => {};
  readonly own: OwnHomes;

  constructor() {
    const { did, records, here, clock } = this;
    this.own = new OwnHomes({
      here: {
        presenceOf: (id) => here.get(id),
        factsOf: () => ({ mode: 'plan' }),
        finish: async (id) => void did.push(`finish ${id}`),
        leave: async (id) => {
          did.push(`leave ${id}`);
          here.delete(id);
        },
      },
      homes: {
        self: SELF,
        claim: async (id, gone) => {
          const claim = this.claim(id, gone);
          this.claiming();
          return claim;
        },
        give: async (id, shown) => {
          did.push(`give ${id}`);
          if (this.failing) throw this.failing;
          records.set(id, { ...shown, node: '', term: records.get(id)?.term ?? 0 });
        },
        remove: async (id) => void (did.push(`remove ${id}`), records.delete(id)),
      },
      histories: {
        prepare: (id, term) => (did.push(`prepare ${id} ${term}`), this.loading),
        release: async (id) => void did.push(`release ${id}`),
        abandon: (id) => void did.push(`abandon ${id}`),
        delete: async (id) => {
          did.push(`delete ${id}`);
          if (this.failing) throw this.failing;
        },
      },
      clock,
      offlineAfterMs: 1_000,
      observer: {
        homeTaken: (from) => void this.counted.push(from),
        homeLost: () => void this.counted.push('lost'),
      },
      finishMs: 1_000,
      isServing: () => this.isServing,
      failed: (error, id) => void did.push(`failed ${id} ${String(error)}`),
      taken: (id) => void did.push(`taken ${id}`),
    });
  }

  private claim(id: string, gone: string | undefined): Claim {
    const before = this.records.get(id);
    if (before && before.node !== '' && before.node !== gone) return { node: before.node, term: before.term, before };
    const mine = { node: SELF, term: (before?.term ?? 0) + 1 };
    this.records.set(id, { presence: before?.presence, facts: before?.facts ?? {}, ...mine });
    return { ...mine, before };
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

const at = (node: string, shown: Partial<Shown> = {}): HomeRecord => ({
  presence: undefined,
  facts: {},
  ...shown,
  node,
  term: 4,
});

it('an environment without a home is taken once, with its history, however many ask for it', async () => {
  const found = await Promise.all([world.own.find('env-1'), world.own.find('env-1')]);
  expect(found[0]).toBeInstanceOf(OwnHome);
  expect(found[1]).toBe(found[0]);
  expect(world.did).toEqual(['prepare env-1 1']);
  expect([world.own.count, world.own.has('env-1')]).toEqual([1, true]);
});

it('nobody has it before its history is there', async () => {
  let loaded = (): void => {};
  world.loading = new Promise((resolve) => (loaded = resolve));
  const finding = world.own.find('env-1');
  await settle();
  expect(world.own.of('env-1')?.expected).toBe(1);
  loaded();
  expect(await finding).toBe(world.own.of('env-1'));
  expect(world.own.of('env-1')?.expected).toBe(0);
});

it('one whose history cannot be loaded is given back, and whoever asked is told to come again', async () => {
  const cause = new Error('NATS is away');
  world.loading = Promise.reject(cause);
  await expect(world.own.find('env-1')).rejects.toMatchObject({ code: 'ENGINE_AWAY', cause });
  expect(world.own.count).toBe(0);
  const gave = ['finish env-1', 'leave env-1', 'release env-1', 'give env-1'];
  expect(world.did).toEqual(['prepare env-1 1', 'failed env-1 Error: NATS is away', ...gave]);
});

it('whoever waits for a history that is let go of looks for the environment anew', async () => {
  let refuse = (_error: Error): void => {};
  world.loading = new Promise((_resolve, reject) => (refuse = reject));
  const finding = world.own.find('env-1');
  await settle();
  world.own.lose('env-1');
  world.records.set('env-1', at('other'));
  refuse(new Error('The environment was given back'));
  expect(await finding).toBe('other');
  expect(world.did).toEqual(['prepare env-1 1', 'abandon env-1', 'leave env-1', 'abandon env-1']);
});

it('one that another node has stays there, unless that node is gone', async () => {
  world.records.set('env-1', at('other'));
  expect(await world.own.find('env-1')).toBe('other');
  expect(await world.own.find('env-1', 'another')).toBe('other');
  expect(await world.own.find('env-1', 'other')).toBeInstanceOf(OwnHome);
  expect(world.did).toEqual(['taken env-1', 'prepare env-1 5']);
  expect(world.counted).toEqual(['gone']);
});

it('one that is given back is taken again only when that is done', async () => {
  await world.own.find('env-1');
  world.here.set('env-1', ONLINE);
  const leaving = world.own.leave('env-1');
  expect(world.own.has('env-1')).toBe(false);
  const again = await world.own.find('env-1');
  await leaving;
  expect(again).toMatchObject({
    claim: { term: 2, before: { presence: { online: true, awaySince: world.clock.now() } } },
  });
  const gave = ['finish env-1', 'leave env-1', 'release env-1', 'give env-1'];
  expect(world.did).toEqual(['prepare env-1 1', ...gave, 'taken env-1', 'prepare env-1 2']);
});

it('one that cannot be given back is none of this node all the same', async () => {
  await world.own.find('env-1');
  world.failing = new Error('NATS is away');
  await world.own.leave('env-1');
  expect(world.own.count).toBe(0);
  expect(world.did.at(-1)).toBe('failed env-1 Error: NATS is away');
});

it('one that another node has taken is let go of, and nothing more of it is written', async () => {
  await world.own.find('env-1');
  world.own.lose('env-1');
  world.own.lose('env-1');
  await world.own.leave('env-1');
  expect(world.did).toEqual(['prepare env-1 1', 'abandon env-1', 'leave env-1']);
  expect(world.counted).toEqual(['nowhere', 'lost']);
});

it('what is given back before its device is here is shown as it was before', async () => {
  world.records.set('env-1', at('', { presence: ONLINE, facts: { branch: 'main' } }));
  await world.own.find('env-1');
  await world.own.leave('env-1');
  expect(world.records.get('env-1')).toMatchObject({
    presence: { online: true, awaySince: world.clock.now() },
    facts: { branch: 'main' },
  });
});

it('a history that is being loaded is let go of when it is here, and nobody has it before', async () => {
  let loaded = (): void => {};
  world.loading = new Promise((resolve) => (loaded = resolve));
  const finding = world.own.find('env-1');
  await settle();
  world.own.lose('env-1');
  world.records.delete('env-1');
  const again = world.own.find('env-1');
  await settle();
  expect(world.did).toEqual(['prepare env-1 1', 'abandon env-1', 'leave env-1']);
  world.loading = Promise.resolve();
  loaded();
  expect(await finding).toBe(await again);
  expect(world.did.slice(3)).toEqual(['abandon env-1', 'prepare env-1 1']);
});

it('a node that ends takes no home, nor keeps one that it was just given', async () => {
  world.claiming = () => (world.isServing = false);
  await expect(world.own.find('env-1')).rejects.toMatchObject({ code: 'NODE_AWAY' });
  await expect(world.own.find('env-2')).rejects.toMatchObject({ code: 'NODE_AWAY' });
  expect(world.did).toEqual(['finish env-1', 'leave env-1', 'release env-1', 'give env-1']);
  expect([world.own.count, world.records.size]).toEqual([0, 1]);
});

it('one that was deleted is served nowhere; what could not be deleted is told', async () => {
  await world.own.find('env-1');
  await world.own.remove('env-1');
  expect(world.did).toEqual(['prepare env-1 1', 'delete env-1', 'remove env-1']);
  await world.own.find('env-2');
  world.failing = new Error('NATS is away');
  await expect(world.own.remove('env-2')).rejects.toMatchObject({ code: 'ENGINE_AWAY', cause: world.failing });
  expect(world.did.at(-1)).toBe('failed env-2 Error: NATS is away');
});

it('until its device is here it is shown as at the last home, and then lost', async () => {
  world.records.set('env-1', at('', { presence: { ...ONLINE, awaySince: null }, facts: { branch: 'main' } }));
  await world.own.find('env-1');
  const since = world.clock.now();
  expect(world.own.shown('env-1')).toEqual({
    presence: { ...ONLINE, awaySince: since },
    facts: { branch: 'main', mode: 'plan' },
  });
  await world.clock.advance(1_000);
  expect(world.own.shown('env-1').presence?.offline).toEqual({ reason: 'lost', since: since + 1_000 });
  const here = { ...ONLINE, connectedAt: since };
  world.here.set('env-1', here);
  expect(world.own.shown('env-1').presence).toEqual(here);
});
