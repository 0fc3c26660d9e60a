import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/kit/cli.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { NATS_SKIPPED } from '../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../test/kit/nats-world.js';
import type { AuditEntry, AuditPage } from '../../protocol/index.js';
import { JetStreamAuditLog } from '../engine/nats/stores/jetstream-audit.log.js';
import { lostEntries, makeEntryId } from './audit-entry.js';
import { AuditFiles } from './audit.files.js';
import type { AuditLog } from './audit.log.js';
import { AuditOptions } from './audit.options.js';
import { FileAuditLog } from './file-audit.log.js';
import { MemoryAuditLog } from './memory-audit.log.js';

const clock = new ManualClock();
const NOBODY = { failed() {}, lost() {} };
const cleanUps: (() => Promise<void>)[] = [];
let world: NatsWorld | undefined;
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});
afterAll(() => world?.dispose());

const LOGS: readonly [string, () => Promise<AuditLog>][] = [
  [
    'files',
    async () => {
      const directory = await temporaryDirectory();
      cleanUps.push(directory.remove);
      return new FileAuditLog(
        new AuditFiles(path.join(directory.path, 'audit'), new AuditOptions(), clock),
        clock,
        NOBODY,
      );
    },
  ],
  ['memory', async () => new MemoryAuditLog()],
  [
    'NATS',
    async () => {
      const nats = (world ??= await NatsWorld.start());
      cleanUps.push(() => nats.empty());
      return JetStreamAuditLog.open(await nats.node(), 'node', new AuditOptions(), clock, NOBODY);
    },
  ],
];

function entry(number: number, organizationId = 'acme'): AuditEntry {
  const base = lostEntries(0, clock.now());
  return { ...base, id: makeEntryId(), organizationId, kind: 'command', details: { number } };
}

const numbers = ({ entries }: AuditPage) => entries.map(({ details }) => details['number']);

describe.each(LOGS)('a log in %s', (where, make) => {
  let log: AuditLog;
  beforeEach(async (context) => {
    if (where === 'NATS' && NATS_SKIPPED !== undefined) context.skip(NATS_SKIPPED);
    log = await make();
    cleanUps.push(() => log.close());
  });

  it('lists the newest first, from page to page, with its filters', async () => {
    for (let number = 1; number <= 7; number++) log.record(entry(number, number % 2 === 0 ? 'rival' : 'acme'));
    const first = await log.list({ limit: 3 });
    expect(numbers(first)).toEqual([7, 6, 5]);
    log.record(entry(8));
    const second = await log.list({ limit: 3, before: first.next ?? '' });
    expect(numbers(second)).toEqual([4, 3, 2]);
    expect(numbers(await log.list({ limit: 3, before: second.next ?? '' }))).toEqual([1]);
    expect(numbers(await log.list({ limit: 9, organizationId: 'rival' }))).toEqual([6, 4, 2]);
    expect(numbers(await log.list({ limit: 9, kind: 'approval' }))).toEqual([]);
    await expect(log.list({ limit: 1, before: 'nonsense' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('is empty at first', async () => {
    expect(await log.list({ limit: 9 })).toEqual({ entries: [], next: null });
    expect(log.isKept).toBe(true);
  });

  it('reaches every entry, in order, whatever the pages', async () => {
    for (let number = 1; number <= 500; number++) {
      log.record(entry(number));
      if (number % 23 === 0) await log.list({ limit: 1 });
    }
    for (const limit of [1, 7, 100, 1_000]) {
      const found: unknown[] = [];
      for (let before: string | null | undefined; before !== null;) {
        const page: AuditPage = await log.list({ limit, before });
        found.push(...numbers(page));
        before = limit === 1 && found.length > 60 ? null : page.next;
      }
      expect(found).toEqual(Array.from(found, (_, index) => 500 - index));
      expect(found.length).toBe(limit === 1 ? 61 : 500);
    }
  });
});
