import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NATS_SKIPPED } from '../../../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../../../test/kit/nats-world.js';
import { SILENT } from '../../../../../test/kit/silent-logger.js';
import { keyPart } from './kv-key.js';
import { KvLists } from './kv-lists.js';
import { KvRecords } from './kv-records.js';

describe('keyPart', () => {
  it('leaves what is plain, and never gives two texts the same', () => {
    expect(keyPart('acme-1_B')).toBe('acme-1_B');
    const texts = ['', 'a.b', 'a b', 'a>*', 'Ä', '=', 'x'.repeat(64), 'x'.repeat(65), 'y'.repeat(65), '.'.repeat(500)];
    const parts = texts.map(keyPart);
    expect(new Set(parts).size).toBe(texts.length);
    for (const part of parts) expect(part).toMatch(/^[-=\w]{1,66}$/);
  });
});

describe.skipIf(NATS_SKIPPED)(`records in a bucket${NATS_SKIPPED ? `: ${NATS_SKIPPED}` : ''}`, () => {
  let world: NatsWorld;
  beforeAll(async () => {
    Logger.overrideLogger(SILENT);
    world = await NatsWorld.start();
  });
  afterEach(() => world.empty());
  afterAll(() => world.dispose());

  const open = async (): Promise<KvRecords> => KvRecords.open(await world.node(), 'RECORDS');

  it('are made once, read, and removed as far as they were read', async () => {
    const records = await open();
    const first = await records.create('one', { a: 1 });
    expect(await records.create('one', { a: 2 })).toBeUndefined();
    expect(await records.get('one')).toEqual({ value: { a: 1 }, revision: first });
    const second = await records.put('one', { a: 3 });
    await records.remove('one', first ?? 0);
    expect(await records.get('one')).toEqual({ value: { a: 3 }, revision: second });
    await records.remove('one', second);
    expect(await records.get('one')).toBeUndefined();
    expect(await records.create('one', {})).toBeDefined();
  });

  it('lose no change that nodes make at once', async () => {
    const nodes = await Promise.all([open(), open(), open()]);
    const count = (records: KvRecords): Promise<number> =>
      records.change<number, number>('count', (current = 0) => ({ value: current + 1, result: current + 1 }));
    const results = await Promise.all(nodes.flatMap((records) => Array.from({ length: 20 }, () => count(records))));
    expect(results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  it('are not changed where the change says so, or throws', async () => {
    const records = await open();
    const revision = await records.put('kept', 1);
    expect(await records.change('kept', (value) => ({ value: undefined, result: value }))).toBe(1);
    const refused = records.change('kept', () => {
      throw new Error('refused');
    });
    await expect(refused).rejects.toThrow('refused');
    expect((await records.get('kept'))?.revision).toBe(revision);
  });

  it('refuse at once while NATS is away, and go on when it is back', async () => {
    const node = await world.node();
    const records = await KvRecords.open(node, 'RECORDS');
    await records.put('kept', 1);
    await world.outage(async () => {
      await expect(records.get('kept')).rejects.toMatchObject({ code: 'ENGINE_AWAY' });
      await expect(records.create('other', 1)).rejects.toMatchObject({ code: 'ENGINE_AWAY' });
    });
    expect((await records.get('kept'))?.value).toBe(1);
    expect(await records.get('other')).toBeUndefined();
  });

  it('hold lists in the order in which entries came, whichever nodes add them', async () => {
    const [one, two] = [new KvLists(await open()), new KvLists(await open())];
    const read = async (from?: number): Promise<string[]> => {
      const entries: string[] = [];
      for await (const page of two.pages('names', from)) entries.push(...page.entries);
      return entries;
    };
    const names = Array.from({ length: 350 }, (_, index) => `name-${index}`);
    const places = await Promise.all(names.map((name) => one.add('names', name)));
    expect(await read()).toEqual(names);
    const more = Array.from({ length: 40 }, (_, index) => `more-${index}`);
    await Promise.all(more.map((name, index) => (index % 2 === 0 ? one : two).add('names', name)));
    expect((await read()).slice(350).toSorted()).toEqual(more.toSorted());

    const [page = -1] = places.slice(-1);
    expect(page).toBeGreaterThan(0);
    expect(await read(page)).toContain('name-349');
    await two.remove('names', { page: places[0] ?? -1, entry: 'name-0' });
    await two.remove('names', { page: 7_000, entry: 'name-1' });
    expect((await read()).slice(0, 2)).toEqual(['name-1', 'name-2']);

    await one.drop('names');
    expect(await read()).toEqual([]);
    expect(await two.add('names', 'again')).toBe(0);
  });
});
