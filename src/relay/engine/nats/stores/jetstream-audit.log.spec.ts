import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/kit/manual-clock.js';
import { NATS_SKIPPED } from '../../../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../../../test/kit/nats-world.js';
import { SILENT } from '../../../../../test/kit/silent-logger.js';
import type { AuditEntry, AuditPage } from '../../../../protocol/index.js';
import { lostEntries, makeEntryId } from '../../../audit/audit-entry.js';
import { AuditOptions } from '../../../audit/audit.options.js';
import { JetStreamAuditLog } from './jetstream-audit.log.js';

const RETRY_MS = 5_000;
const MIB = 1_024 * 1_024;

describe.skipIf(NATS_SKIPPED)(`a log of many nodes${NATS_SKIPPED ? `: ${NATS_SKIPPED}` : ''}`, () => {
  let world: NatsWorld;
  let clock: ManualClock;
  let observed: { failed: number; lost: number };
  const open: JetStreamAuditLog[] = [];
  beforeAll(async () => {
    Logger.overrideLogger(SILENT);
    world = await NatsWorld.start();
  });
  beforeEach(() => {
    clock = new ManualClock(Date.now());
    observed = { failed: 0, lost: 0 };
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((log) => log.close()));
    await world.empty();
  });
  afterAll(() => world.dispose());

  async function start(options: Partial<AuditOptions> = {}, pageBytes?: number): Promise<JetStreamAuditLog> {
    const observer = { failed: () => observed.failed++, lost: (entries: number) => (observed.lost += entries) };
    const all = Object.assign(new AuditOptions(), options);
    const log = await JetStreamAuditLog.open(await world.node(), 'a node', all, clock, observer, pageBytes);
    open.push(log);
    return log;
  }

  function entry(number: number, changes: Partial<AuditEntry> = {}): AuditEntry {
    return { ...lostEntries(0, clock.now()), id: makeEntryId(), kind: 'command', details: { number }, ...changes };
  }
  const numbers = ({ entries }: AuditPage) => entries.map(({ details }) => details['number']);

  it('shows at every node what any node recorded', async () => {
    const [one, two] = [await start(), await start()];
    one.record(entry(1));
    await one.list({ limit: 1 });
    two.record(entry(2));
    expect(numbers(await two.list({ limit: 9 }))).toEqual([2, 1]);
    expect(numbers(await one.list({ limit: 9 }))).toEqual([2, 1]);
  });

  it('C32 keeps what is recorded while NATS is away, in order and once', async () => {
    const log = await start();
    log.record(entry(1));
    await log.list({ limit: 1 });
    await world.outage(async () => {
      for (const number of [2, 3]) log.record(entry(number));
      await expect(log.list({ limit: 9 })).rejects.toMatchObject({ code: 'ENGINE_AWAY' });
      expect(log.isKept).toBe(false);
      expect(observed.failed).toBeGreaterThan(0);
    });
    log.record(entry(4));
    await clock.advance(RETRY_MS);
    expect(numbers(await log.list({ limit: 9 }))).toEqual([4, 3, 2, 1]);
    expect(log.isKept).toBe(true);
    expect(observed.lost).toBe(0);
  });

  it('C36 reads so much for one page, and the next one goes on', async () => {
    const log = await start({}, 2_000);
    for (let number = 1; number <= 60; number++) {
      log.record(entry(number, { organizationId: number % 29 === 0 ? 'rival' : 'acme' }));
      if (number % 3 === 0) await log.list({ limit: 1 });
    }
    const found: unknown[] = [];
    let pages = 0;
    for (let before: string | null | undefined; before !== null; pages++) {
      const page: AuditPage = await log.list({ limit: 1_000, organizationId: 'rival', before });
      found.push(...numbers(page));
      before = page.next;
    }
    expect(found).toEqual([58, 29]);
    expect(pages).toBeGreaterThan(3);
  });

  it('does not read what happened before the time that is wanted', async () => {
    const log = await start();
    log.record(entry(1, { time: new Date(0).toISOString() }));
    await log.list({ limit: 1 });
    // By the clock of NATS everything happened before this.
    expect(await log.list({ limit: 9, from: 2 ** 43 })).toEqual({ entries: [], next: null });
    expect(numbers(await log.list({ limit: 9, from: 0 }))).toEqual([1]);
  });

  it('sends many and large entries in messages that NATS takes', async () => {
    const log = await start();
    const text = 'ä'.repeat(30_000);
    for (let number = 1; number <= 60; number++) log.record(entry(number, { details: { number, text } }));
    log.record(entry(61, { details: { number: 61, text: 'x'.repeat(MIB) } }));
    expect(observed.lost).toBe(1);
    const found = numbers(await log.list({ limit: 1_000 }));
    expect(found).toEqual(Array.from({ length: 60 }, (_, index) => 60 - index));
    expect(log.isKept).toBe(true);
  });

  it('drops the oldest, by bytes, and takes other bounds on', async () => {
    const log = await start();
    for (let number = 1; number <= 40; number++) {
      log.record(entry(number, { details: { number, text: 'x'.repeat(1_000) } }));
      await log.list({ limit: 1 });
    }
    const other = await start({ maxFileBytes: 4_096, maxFiles: 2 });
    const kept = numbers(await other.list({ limit: 1_000 }));
    expect(kept.length).toBeLessThan(10);
    expect(kept).toEqual(Array.from(kept, (_, index) => 40 - index));
  });
});
