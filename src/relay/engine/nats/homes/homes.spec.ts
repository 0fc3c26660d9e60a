import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { NATS_SKIPPED } from '../../../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../../../test/kit/nats-world.js';
import { SYSTEM_CLOCK } from '../../../../protocol/index.js';
import { Homes, type HomesObserver } from './homes.js';

const PRESENCE = { online: true, connectedAt: 1, awaySince: null, lastHeartbeat: null, lastSeenAt: 1, offline: null };
const SHOWN = { presence: PRESENCE, facts: { mode: 'standard' } };

describe.skipIf(NATS_SKIPPED !== undefined)(`homes of environments (NATS: ${NATS_SKIPPED ?? 'here'})`, () => {
  let world: NatsWorld;
  const open: Homes[] = [];
  beforeAll(async () => {
    world = await NatsWorld.start();
  });
  afterAll(() => world.dispose());
  afterEach(async () => {
    for (const homes of open.splice(0)) homes.stop();
    await world.empty();
  });

  async function node(name: string, observer: Partial<HomesObserver> = {}): Promise<Homes> {
    const homes = await Homes.open(name, await world.node(), SYSTEM_CLOCK, { moved() {}, said() {}, ...observer });
    open.push(homes);
    return homes;
  }

  it('one node gets an environment, however many want it at the same time; each home has a term of its own', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const claims = await Promise.all([a.claim('env-1'), b.claim('env-1'), a.claim('env-1'), b.claim('env-1')]);
    const [first] = claims;
    for (const claim of claims) expect(claim).toMatchObject({ node: first.node, term: first.term });
    const [home, other] = first.node === 'a' ? [a, b] : [b, a];
    await home.give('env-1', SHOWN);
    const second = await other.claim('env-1');
    expect(second).toMatchObject({ node: other.self, before: SHOWN });
    expect(second.term).toBeGreaterThan(first.term);
    expect(await home.say('env-1', SHOWN)).toBe(false);
    expect(await home.nodeOf('env-1')).toBe(other.self);
  });

  it('what a node had that is gone is free, and only that', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const { term } = await a.claim('env-1');
    expect(await b.claim('env-1', 'another')).toMatchObject({ node: 'a', term });
    const second = await b.claim('env-1', 'a');
    expect(second.node).toBe('b');
    expect(second.term).toBeGreaterThan(term);
  });

  it('every node shows what a home says, and a home hears that it was taken over', async () => {
    const moved = vi.fn<(environmentId: string) => void>();
    const [a, b] = [await node('a', { moved }), await node('b')];
    await a.claim('env-1');
    await a.say('env-1', SHOWN);
    await vi.waitFor(() => expect(b.shown('env-1')).toMatchObject({ ...SHOWN, node: 'a' }), 100_000);
    await b.claim('env-1', 'a');
    await vi.waitFor(() => expect(moved).toHaveBeenCalledWith('env-1'), 100_000);
  });

  it('tells on after NATS was away', async () => {
    const [a, b] = [await node('a'), await node('b')];
    await a.claim('env-1');
    await world.outage();
    await a.say('env-1', SHOWN);
    await vi.waitFor(() => expect(b.shown('env-1')).toMatchObject(SHOWN), 100_000);
  });

  it('an environment that was deleted has no home, and begins anew, but for its terms', async () => {
    const [a, b] = [await node('a'), await node('b')];
    const { term } = await a.claim('env-1');
    await a.say('env-1', SHOWN);
    await a.remove('env-1');
    expect(await b.nodeOf('env-1')).toBeUndefined();
    await vi.waitFor(() => expect([a.ids, b.ids]).toEqual([[], []]), 100_000);
    const next = await b.claim('env-1');
    expect(next).toMatchObject({ node: 'b', before: undefined });
    // A home that was cut off meanwhile would not be refused.
    expect(next.term).toBeGreaterThan(term);
  });
});
