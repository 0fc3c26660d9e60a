import { describe, expect, it } from 'vitest';
import { FakeHistoryWorld, FakeLink, shown } from '../../../../../test/kit/fake-history-world.js';
import { appendAll, entry, homeAt, nextHome, other, runtime } from '../../../../../test/kit/history-homes.js';
import { FencedError, HistoryClosedError } from './history-stream.js';

describe('JetStreamJournal', () => {
  it('shows what the stream has acknowledged, and the next home shows the same', async () => {
    const world = new FakeHistoryWorld();
    const journal = await homeAt(world);
    const committed = appendAll(journal, 1, 5);
    expect(journal.read(runtime, 0, 10)).toEqual([]);
    expect(journal.bounds(runtime).head).toBe(5);
    await committed;
    journal.appendGap(runtime, { epoch: 'e1', from: 6, to: 9 });
    journal.append(runtime, { ...entry(10), keep: 'status' });
    journal.append(runtime, { ...entry(11), keep: 'title', keepText: 'T' });
    await appendAll(journal, 12, 14, 'e2');
    await appendAll(journal, 1, 3, 'e1', other);
    const second = await nextHome(world, 2);
    for (const at of [runtime, other]) expect(shown(second, at)).toEqual(shown(journal, at));
    expect(second.runtimes()).toEqual(journal.runtimes());
    expect([...second.kept(runtime)]).toEqual([
      ['status', '{"n":10}'],
      ['title', 'T'],
    ]);
    expect(second.find(runtime, 'e2', 13)).toBe(journal.find(runtime, 'e2', 13));
  });

  it('sends what is appended while a batch is on its way as one', async () => {
    const world = new FakeHistoryWorld();
    const journal = await homeAt(world);
    await appendAll(journal, 1, 20);
    expect(world.events.messages).toHaveLength(1);
    let release = (): void => undefined;
    world.events.before = () => new Promise((resolve) => (release = resolve));
    const first = journal.committed(runtime, journal.append(runtime, entry(21)).position);
    await world.clock.advance(0);
    const rest = appendAll(journal, 22, 40);
    world.events.before = () => undefined;
    release();
    await Promise.all([first, rest]);
    expect(world.events.messages).toHaveLength(3);
  });

  it('keeps batches within their bound, and sends larger frames in parts', async () => {
    const world = new FakeHistoryWorld({ maxBatchBytes: 500 });
    const journal = await homeAt(world);
    for (let seq = 1; seq <= 4; seq++) journal.append(runtime, { ...entry(seq), frame: 'x'.repeat(300) });
    const large = { ...entry(5), frame: 'é'.repeat(3_000) };
    await journal.committed(runtime, journal.append(runtime, large).position);
    expect(world.events.messages.map(({ label }) => label?.parts)).toEqual([1, 1, 1, 1, ...Array<number>(7).fill(7)]);
    expect(shown(await nextHome(world, 2), runtime)).toEqual(shown(journal, runtime));
  });

  it('publishes again what was not acknowledged, and keeps it once', async () => {
    const world = new FakeHistoryWorld();
    const journal = await homeAt(world);
    let lost = 0;
    world.events.after = () => {
      if (lost++ % 2 === 0) throw new Error('timeout');
    };
    const committed = [appendAll(journal, 1, 10), appendAll(journal, 1, 10, 'e1', other)];
    await world.clock.advance(10_000);
    await Promise.all(committed);
    expect(shown(await nextHome(world, 2), runtime)).toEqual(shown(journal, runtime));
    expect(world.events.messages).toHaveLength(2);
  });

  it('ends a torn batch, and the next home does not see what was torn', async () => {
    const world = new FakeHistoryWorld();
    const journal = await homeAt(world);
    await appendAll(journal, 1, 3);
    let parts = 0;
    world.events.after = () => {
      if (++parts === 2) throw new Error('killed');
    };
    const large = { ...entry(4), frame: 'x'.repeat(4_000) };
    const committed = journal.committed(runtime, journal.append(runtime, large).position);
    await world.clock.advance(0);
    expect(world.events.messages).toHaveLength(3);
    expect((await nextHome(world, 2)).bounds(runtime).head).toBe(3);
    world.events.forgetIds();
    await world.clock.advance(10_000);
    await committed;
    expect(shown(await nextHome(world, 3), runtime)).toEqual(shown(journal, runtime));
  });

  it('refuses what an earlier home writes, and tells it', async () => {
    const world = new FakeHistoryWorld();
    const first = await homeAt(world, 1);
    await appendAll(first, 1, 3);
    const second = await homeAt(world, 2);
    await appendAll(second, 4, 5);
    const refused = appendAll(first, 4, 4);
    await expect(refused).rejects.toBeInstanceOf(FencedError);
    await expect(appendAll(first, 1, 1, 'e1', other)).rejects.toBeInstanceOf(FencedError);
    expect(world.told).toEqual(['env fenced']);
    expect(first.read(runtime, 0, 10)).toHaveLength(3);
    expect(shown(await nextHome(world, 3), runtime)).toEqual(shown(second, runtime));
  });

  it('is not fenced by what an earlier home wrote after it had loaded', async () => {
    const world = new FakeHistoryWorld();
    const first = await homeAt(world, 1);
    await appendAll(first, 1, 3);
    const second = await homeAt(world, 2);
    await appendAll(first, 4, 6);
    // The device brings it again, and more.
    await appendAll(second, 4, 8);
    expect(shown(await nextHome(world, 3), runtime)).toEqual(shown(second, runtime));
    await expect(appendAll(first, 7, 7)).rejects.toBeInstanceOf(FencedError);
  });

  it('waits while NATS is away, shows what it has, and goes on by itself', async () => {
    const link = new FakeLink();
    const world = new FakeHistoryWorld({ maxUnacknowledgedBytes: 1_000 });
    const journal = await homeAt(world, 1, link);
    await appendAll(journal, 1, 3);
    link.become('away');
    world.events.before = () => Promise.reject(new Error('away'));
    world.events.asked = world.events.before;
    const committed = appendAll(journal, 4, 50);
    await world.clock.advance(60_000);
    expect(journal.read(runtime, 0, 100)).toHaveLength(3);
    expect([journal.bounds(runtime).head, journal.full]).toEqual([50, false]);
    let hasRoom = false;
    const room = journal.room().then(() => (hasRoom = true));
    await world.clock.advance(0);
    expect(hasRoom).toBe(false);
    world.events.before = () => undefined;
    world.events.asked = world.events.before;
    link.become('connected');
    await Promise.all([committed, room]);
    expect(journal.read(runtime, 0, 100)).toHaveLength(50);
    expect(world.told).toEqual([]);
    expect(shown(await nextHome(world, 2), runtime)).toEqual(shown(journal, runtime));
  });

  it('publishes again what a killed server has lost, with what was kept', async () => {
    const link = new FakeLink();
    const world = new FakeHistoryWorld();
    const journal = await homeAt(world, 1, link);
    for (let seq = 1; seq <= 9; seq++) await appendAll(journal, seq, seq);
    await journal.committed(runtime, journal.append(runtime, { ...entry(10), keep: 'status' }).position);
    link.become('away');
    world.events.lose(4);
    link.become('connected');
    await world.clock.advance(0);
    expect(world.told).toEqual(['env reverted 4']);
    expect(shown(await nextHome(world, 2), runtime)).toEqual(shown(journal, runtime));
    await appendAll(journal, 11, 12);
    expect(shown(await nextHome(world, 2), runtime)).toEqual(shown(journal, runtime));
  });

  it('forgets what a killed server has lost when nobody has it any more', async () => {
    const world = new FakeHistoryWorld();
    const node = world.node();
    await node.prepare('env', 1);
    const journal = node.open('env');
    for (let seq = 1; seq <= 9; seq++) await appendAll(journal, seq, seq);
    await node.release('env');
    world.events.lose(4);
    const second = await nextHome(world, 2);
    expect(second.epochs(runtime)).toEqual([{ epoch: 'e1', first: 1, last: 5, kept: 1 }]);
    await world.clock.advance(0);
    for (const seq of [6, 7, 8, 9]) await appendAll(second, seq, seq);
    second.append(runtime, { ...entry(10), keep: 'status' });
    await appendAll(second, 11, 11);
    expect(shown(await nextHome(world, 3), runtime)).toEqual(shown(second, runtime));
  });

  it('lets the stream go of what the cache does not keep, and remembers names and what is kept', async () => {
    const world = new FakeHistoryWorld({ upkeepMs: 1_000, maxBatchBytes: 40 }, { maxEntriesPerRuntime: 10 });
    const journal = await homeAt(world);
    journal.append(runtime, { ...entry(1, 'e0'), keep: 'status' });
    journal.append(runtime, { ...entry(2, 'e0'), keep: 'over' });
    await appendAll(journal, 3, 40);
    journal.drop(runtime, 'over');
    await world.clock.advance(1_000);
    expect(world.events.messages.length).toBeLessThan(8);
    expect(world.records.messages).toHaveLength(1);
    const second = await nextHome(world, 2);
    expect(shown(second, runtime)).toEqual(shown(journal, runtime));
    expect(second.last(runtime, 'e0')).toMatchObject({ seq: 2 });
    await appendAll(second, 41, 45);
    expect(shown(await nextHome(world, 3), runtime)).toEqual(shown(second, runtime));
  });

  it('remembers names and what is kept when everything is too old', async () => {
    const world = new FakeHistoryWorld({ maxAgeMs: 100_000, upkeepMs: 10_000 });
    const journal = await homeAt(world);
    await journal.committed(runtime, journal.append(runtime, { ...entry(1), keep: 'status' }).position);
    await appendAll(journal, 2, 5);
    await world.clock.advance(200_000);
    world.events.age(world.clock.now());
    const second = await nextHome(world, 2);
    expect([second.epochs(runtime), [...second.kept(runtime).keys()], second.read(runtime, 0, 9)]).toEqual([
      [{ epoch: 'e1', first: 1, last: 5, kept: 6 }],
      ['status'],
      [],
    ]);
    await appendAll(second, 6, 7);
    expect(shown(await nextHome(world, 3), runtime)).toEqual(shown(second, runtime));
  });

  it('publishes nothing of what went for its age again', async () => {
    const world = new FakeHistoryWorld({ maxAgeMs: 100_000, upkeepMs: 10_000 });
    const journal = await homeAt(world);
    await appendAll(journal, 1, 5);
    await world.clock.advance(200_000);
    world.events.age(world.clock.now());
    await appendAll(journal, 6, 7);
    expect(world.events.messages).toHaveLength(1);
    expect((await nextHome(world, 2)).epochs(runtime)).toEqual([{ epoch: 'e1', first: 1, last: 7, kept: 6 }]);
  });

  it('forgets a runtime but for its names, and removes one as if it had never been', async () => {
    const world = new FakeHistoryWorld({ upkeepMs: 1_000 });
    const journal = await homeAt(world);
    await appendAll(journal, 1, 5);
    await appendAll(journal, 1, 5, 'e1', other);
    journal.forget(runtime);
    await world.clock.advance(1_000);
    const waiting = appendAll(journal, 6, 6, 'e1', other);
    journal.remove(other);
    await expect(waiting).rejects.toBeInstanceOf(HistoryClosedError);
    await world.clock.advance(0);
    const second = await nextHome(world, 2);
    expect(second.runtimes()).toEqual([runtime]);
    expect(shown(second, runtime)).toEqual(shown(journal, runtime));
    await appendAll(second, 1, 2, 'e9', other);
    journal.remove(other);
    expect(shown(await nextHome(world, 3), other)).toEqual(shown(second, other));
  });

  it('begins a removed runtime anew once the stream has let go of it', async () => {
    const world = new FakeHistoryWorld();
    const journal = await homeAt(world);
    await appendAll(journal, 1, 5);
    journal.remove(runtime);
    await appendAll(journal, 6, 8, 'e2');
    expect(shown(await nextHome(world, 2), runtime)).toEqual(shown(journal, runtime));
    expect((await nextHome(world, 3)).epochs(runtime)).toEqual([{ epoch: 'e2', first: 6, last: 8, kept: 6 }]);
  });

  it('writes a record that is larger than a message in parts', async () => {
    const world = new FakeHistoryWorld({ upkeepMs: 1_000 });
    const node = world.node();
    for (const term of [1, 2]) {
      await node.prepare('env', term);
      node.open('env').append(runtime, { ...entry(term), keep: 'status', keepText: 'x'.repeat(5_000) });
      await node.release('env');
    }
    expect(world.records.messages.length).toBe(6);
    await world.events.purge(world.events.messages[0]?.subject ?? '');
    expect((await nextHome(world, 3)).kept(runtime).get('status')).toHaveLength(5_000);
  });

  it('waits for what is on its way when it is let go of, unless NATS is away', async () => {
    const link = new FakeLink();
    const world = new FakeHistoryWorld();
    const node = world.node(link);
    await node.prepare('env', 1);
    const committed = appendAll(node.open('env'), 1, 5);
    await node.release('env');
    await committed;
    expect(() => node.open('env')).toThrow(/prepare it first/);
    await node.prepare('env', 2);
    expect(node.open('env').bounds(runtime).head).toBe(5);
    link.become('away');
    world.events.before = () => Promise.reject(new Error('away'));
    const refused = appendAll(node.open('env'), 6, 6);
    const closing = node.close();
    await expect(refused).rejects.toBeInstanceOf(HistoryClosedError);
    await closing;
  });

  it('has all that the leader of the stream knows, where the server that it reads from is behind', async () => {
    const world = new FakeHistoryWorld();
    const journal = await homeAt(world);
    journal.append(runtime, { ...entry(1), keep: 'status' });
    for (let seq = 2; seq <= 5; seq++) await appendAll(journal, seq, seq);
    await appendAll(journal, 1, 1, 'e1', other);
    for (const stream of [world.events, world.records]) stream.behind = 3;
    const second = await nextHome(world, 2);
    for (const at of [runtime, other]) expect(shown(second, at)).toEqual(shown(journal, at));
  });

  it('lets go of all there is of a deleted environment', async () => {
    const world = new FakeHistoryWorld({ upkeepMs: 1_000 });
    const node = world.node();
    await node.prepare('env', 1);
    await appendAll(node.open('env'), 1, 5);
    await world.clock.advance(1_000);
    await node.delete('env');
    expect([world.events.messages, world.records.messages]).toEqual([[], []]);
  });
});
