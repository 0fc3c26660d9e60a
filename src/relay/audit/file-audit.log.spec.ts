import { Logger } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryDirectory } from '../../../test/kit/cli.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { SILENT } from '../../../test/kit/silent-logger.js';
import type { AuditEntry, AuditPage } from '../../protocol/index.js';
import { lostEntries, makeEntryId } from './audit-entry.js';
import { AuditFiles } from './audit.files.js';
import { AuditOptions } from './audit.options.js';
import { FileAuditLog } from './file-audit.log.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const RETRY_MS = 5_000;

let directory: string;
let clock: ManualClock;
let observed: { failed: number; lost: number };
let cleanUp: () => Promise<void>;

beforeAll(() => Logger.overrideLogger(SILENT));
beforeEach(async () => {
  const temporary = await temporaryDirectory();
  cleanUp = temporary.remove;
  directory = path.join(temporary.path, 'audit');
  clock = new ManualClock();
  observed = { failed: 0, lost: 0 };
});
afterEach(() => cleanUp());

function open(options: Partial<AuditOptions> = {}, mostWaiting?: number, pageBytes?: number): FileAuditLog {
  const files = new AuditFiles(directory, Object.assign(new AuditOptions(), options), clock);
  const observer = { failed: () => observed.failed++, lost: (entries: number) => (observed.lost += entries) };
  return new FileAuditLog(files, clock, observer, mostWaiting, pageBytes);
}

function entry(number: number, organizationId = 'acme'): AuditEntry {
  const base = lostEntries(0, clock.now());
  return { ...base, id: makeEntryId(), organizationId, kind: 'command', details: { number } };
}

const numbers = ({ entries }: AuditPage) => entries.map(({ details }) => details['number']);
const names = async () => (await readdir(directory)).toSorted();

describe('files', () => {
  it('are begun anew by size, and the oldest go by number', async () => {
    const log = open({ maxFileBytes: 4_096, maxFiles: 3 });
    for (let number = 1; number <= 100; number++) {
      log.record(entry(number));
      if (number % 10 === 0) await log.list({ limit: 1 });
    }
    expect(await names()).toHaveLength(3);
    for (const name of await names()) expect((await stat(path.join(directory, name))).size).toBeLessThanOrEqual(4_096);
    const kept = numbers(await log.list({ limit: 1_000 }));
    expect(kept).toEqual(Array.from(kept, (_, index) => 100 - index));
    await log.close();
  });

  it('are begun anew each day, and go by age', async () => {
    const log = open({ maxAgeMs: 2 * DAY_MS });
    for (let day = 1; day <= 6; day++) {
      log.record(entry(day));
      await log.list({ limit: 1 });
      await clock.advance(DAY_MS);
    }
    expect(numbers(await log.list({ limit: 9 }))).toEqual([6, 5, 4, 3]);
    await log.close();
  });

  it('are their owner’s alone', async () => {
    const log = open();
    log.record(entry(1));
    await log.close();
    const [name = ''] = await names();
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(directory, name))).mode & 0o777).toBe(0o600);
  });

  it('C23 with a last line that a kill has torn are read and gone on with', async () => {
    const first = open();
    first.record(entry(1));
    first.record(entry(2));
    await first.close();
    const [name = ''] = await names();
    await appendFile(path.join(directory, name), '{"id":"x","time":"2026-11-2');
    const second = open();
    expect(numbers(await second.list({ limit: 9 }))).toEqual([2, 1]);
    second.record(entry(3));
    expect(numbers(await second.list({ limit: 9 }))).toEqual([3, 2, 1]);
    expect(await names()).toEqual([name]);
    await second.close();
  });

  it('keep the order of many entries that come at once', async () => {
    const log = open();
    for (let number = 1; number <= 2_500; number++) log.record(entry(number));
    await log.close();
    const [name = ''] = await names();
    const lines = (await readFile(path.join(directory, name), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as AuditEntry).details['number'])).toEqual(
      Array.from({ length: 2_500 }, (_, index) => index + 1),
    );
  });

  it('C36 are read so far for one page, and the next one goes on, across files too', async () => {
    const pageBytes = 2_000;
    const log = open({ maxFileBytes: 4_096 }, undefined, pageBytes);
    for (let number = 1; number <= 60; number++) {
      log.record(entry(number, number % 29 === 0 ? 'rival' : 'acme'));
      if (number % 10 === 0) await log.list({ limit: 1 });
    }
    expect((await names()).length).toBeGreaterThan(2);
    const found: unknown[] = [];
    let pages = 0;
    for (let before: string | null | undefined; before !== null; pages++) {
      const page: AuditPage = await log.list({ limit: 1_000, organizationId: 'rival', before });
      found.push(...numbers(page));
      before = page.next;
    }
    expect(found).toEqual([58, 29]);
    // Each page ends with the line that is over.
    const bytes = (await Promise.all((await names()).map((name) => stat(path.join(directory, name))))).map(
      ({ size }) => size,
    );
    expect(pages).toBeGreaterThan(bytes.reduce((sum, size) => sum + size, 0) / (pageBytes + 1_000));
    await log.close();
  });

  it('C32 that cannot be written are tried again, and what is missing is told', async () => {
    await mkdir(path.dirname(directory), { recursive: true });
    // Where the folder should be.
    await writeFile(directory, '');
    const log = open({}, 3);
    for (let number = 1; number <= 5; number++) log.record(entry(number));
    await expect(log.list({ limit: 9 })).rejects.toThrow('ENOTDIR');
    expect(log.isKept).toBe(false);
    expect(observed.lost).toBe(2);
    expect(observed.failed).toBeGreaterThan(0);
    await rm(directory);
    await clock.advance(RETRY_MS);
    const { entries } = await log.list({ limit: 9 });
    expect(entries.map(({ kind, details }) => details['number'] ?? [kind, details['count']])).toEqual([
      ['entries_lost', 2],
      3,
      2,
      1,
    ]);
    expect(log.isKept).toBe(true);
    await log.close();
  });
});
