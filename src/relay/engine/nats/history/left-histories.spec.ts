import { describe, expect, it } from 'vitest';
import { FakeHistoryWorld, FakeLink, shown } from '../../../../../test/kit/fake-history-world.js';
import { appendAll, entry, nextHome, other, runtime } from '../../../../../test/kit/history-homes.js';

describe('a home goes on from what its node has left', () => {
  /** Two nodes that are its home in turn; each batch is one message. */
  async function twice(between: (world: FakeHistoryWorld) => Promise<void> | void, options = {}) {
    const world = new FakeHistoryWorld(options);
    const node = world.node();
    await node.prepare('env', 1);
    for (let seq = 1; seq <= 5; seq++) await appendAll(node.open('env'), seq, seq);
    await appendAll(node.open('env'), 1, 2, 'e1', other);
    await node.release('env');
    await between(world);
    world.events.readMessages = 0;
    await node.prepare('env', 3);
    const read = world.events.readMessages;
    const rebuilt = await nextHome(world, 4);
    for (const at of [runtime, other]) expect(shown(node.open('env'), at)).toEqual(shown(rebuilt, at));
    return { world, read, journal: node.open('env') };
  }

  it('reading nothing when nothing has changed', async () => {
    const { read, journal, world } = await twice(() => {});
    expect([read, journal.bounds(runtime).head]).toEqual([0, 5]);
    await appendAll(journal, 6, 7);
    expect(shown(await nextHome(world, 5), runtime)).toEqual(shown(journal, runtime));
  });

  it('reading what another home has added, and another runtime', async () => {
    const third = { agent_id: 'b', conversation_id: 'c' };
    const { read, journal } = await twice(async (world) => {
      const second = await nextHome(world, 2);
      for (const seq of [6, 7]) await appendAll(second, seq, seq);
      second.append(third, { ...entry(1), keep: 'status' });
      await appendAll(second, 2, 3, 'e1', third);
    });
    expect([read, journal.bounds(runtime).head, journal.bounds(third).head]).toEqual([3, 7, 3]);
    expect(journal.runtimes()).toEqual([other, runtime, third]);
    expect([...journal.kept(third).keys()]).toEqual(['status']);
  });

  it('but not where NATS has lost the newest, and its sequences were used again', async () => {
    const { read, journal } = await twice(async (world) => {
      world.events.lose(2);
      const second = await nextHome(world, 2);
      await appendAll(second, 6, 6, 'e2');
      await appendAll(second, 1, 2, 'e3', other);
    });
    // The second message of `runtime` that is gone is the last but one.
    expect(read).toBe(6);
    expect(journal.epochs(other)).toEqual([{ epoch: 'e3', first: 1, last: 2, kept: 1 }]);
  });

  it('but not what another home has forgotten or removed', async () => {
    const { read, journal } = await twice(
      async (world) => {
        const second = world.node();
        await second.prepare('env', 2);
        second.open('env').forget(runtime);
        second.open('env').remove(other);
        await second.release('env');
      },
      { upkeepMs: 1_000 },
    );
    expect([read, journal.read(runtime, 0, 10), journal.runtimes()]).toEqual([1, [], [runtime]]);
  });

  it('but not where the cache has what the stream has not', async () => {
    const link = new FakeLink();
    const world = new FakeHistoryWorld();
    const node = world.node(link);
    await node.prepare('env', 1);
    await appendAll(node.open('env'), 1, 5);
    link.become('away');
    world.events.before = () => Promise.reject(new Error('away'));
    appendAll(node.open('env'), 6, 9).catch(() => {});
    node.abandon('env');
    world.events.before = () => undefined;
    link.become('connected');
    await node.prepare('env', 3);
    expect(node.open('env').epochs(runtime)).toMatchObject([{ last: 5 }]);
  });

  it('which is bounded', async () => {
    const world = new FakeHistoryWorld({ maxLeftBytes: 200_000 });
    const node = world.node();
    for (const name of ['a', 'b', 'c', 'd']) {
      await node.prepare(name, 1);
      await appendAll(node.open(name), 1, 3);
      await node.release(name);
    }
    for (const name of ['d', 'c', 'b', 'a']) await node.prepare(name, 2);
    expect(world.events.readMessages).toBe(1);
  });
});
