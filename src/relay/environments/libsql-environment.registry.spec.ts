import { Logger } from '@nestjs/common';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { DatabaseError, openDatabase } from '../../journal/index.js';
import type { Registered, Registration } from './environment.registry.js';
import { LibsqlEnvironmentRegistry } from './libsql-environment.registry.js';
import { REGISTRY_MIGRATIONS } from './registry-schema.js';

let directory: string;
let clock: ManualClock;
let registry: LibsqlEnvironmentRegistry;
beforeEach(() => {
  directory = path.join(mkdtempSync(path.join(tmpdir(), 'twinlane-')), 'relay');
  clock = new ManualClock();
  registry = LibsqlEnvironmentRegistry.open(directory, clock);
});
afterEach(() => {
  registry.onApplicationShutdown();
  rmSync(path.dirname(directory), { recursive: true });
});

function reopen(): void {
  registry.onApplicationShutdown();
  registry = LibsqlEnvironmentRegistry.open(directory, clock);
}

function ofProcess(processInstanceId?: string, changes: Partial<Registration> = {}): Registration {
  return {
    organizationId: 'default',
    tokenId: 'token-a',
    deviceId: 'device-1',
    listenerInstanceId: undefined,
    connectionName: 'laptop',
    metadata: { eventSeqScope: 'runtime', ...(processInstanceId === undefined ? {} : { processInstanceId }) },
    ...changes,
  };
}
const standing = ({ environment, secret }: Registered) => registry.standingOf(environment.connectionId, secret);

describe('C25 registrations that come at once', () => {
  it('are each kept, and one that is refused does not stop the others', async () => {
    const outcomes = await Promise.allSettled([
      registry.register(ofProcess('p1')),
      registry.register(ofProcess('p2', { tokenId: 'token-b' })),
      registry.register(ofProcess('p3', { deviceId: 'device-2' })),
      registry.register(ofProcess('p1')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'ENVIRONMENT_TAKEN' } });
    const listed = await registry.list('default');
    expect(listed.map(({ deviceId }) => deviceId)).toEqual(['device-1', 'device-2']);
    for (const outcome of outcomes)
      if (outcome.status === 'fulfilled') expect(await standing(outcome.value)).toMatchObject({ state: 'valid' });
  });

  it('are kept when the relay stops in the same turn', async () => {
    const registered = registry.register(ofProcess('p1'));
    reopen();
    expect(await standing(await registered)).toMatchObject({ state: 'valid' });
  });
});

describe('C24 after the relay was restarted', () => {
  it('an environment and its leases are as they were', async () => {
    const other = await registry.register(ofProcess('p1'));
    const first = await registry.register(ofProcess('p1'));
    await registry.leaseReady(first.lease);
    const newer = await registry.register(ofProcess('p2'));
    reopen();
    expect(await standing(first)).toEqual({ state: 'valid', environment: newer.environment, lease: first.lease });
    expect(await standing(newer)).toEqual({ state: 'valid', environment: newer.environment, lease: newer.lease });
    expect(await standing(other)).toMatchObject({ state: 'void', by: 'same-process' });
    expect(await registry.list('default')).toEqual([newer.environment]);
  });

  it('everything is in the file itself, where the relay has stopped in order', async () => {
    await registry.register(ofProcess('p1'));
    const log = path.join(directory, 'registry.db-wal');
    expect(statSync(log).size).toBeGreaterThan(0);
    reopen();
    expect(statSync(log, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
  });

  it('registrations count on, so that the newer of two leases is still the newer', async () => {
    const first = await registry.register(ofProcess('p1'));
    reopen();
    const second = await registry.register(ofProcess('p2'));
    expect(second.lease.order).toBe(first.lease.order + 1);
    await registry.leaseReady(second.lease);
    expect(await standing(first)).toMatchObject({ state: 'void', by: 'other-process' });
  });

  it('an environment still belongs to the token that registered it first', async () => {
    await registry.register(ofProcess());
    reopen();
    const stolen = registry.register(ofProcess('p1', { tokenId: 'token-b' }));
    await expect(stolen).rejects.toMatchObject({ code: 'ENVIRONMENT_TAKEN' });
  });

  it('the registry knows when a device was last seen', async () => {
    const { environment } = await registry.register(ofProcess());
    const heard = clock.now() + 30_000;
    const sighting = { lastSeenAt: heard, lastHeartbeat: heard, offline: { reason: 'lost', since: heard } } as const;
    await registry.seen(environment.id, sighting);
    reopen();
    expect(await registry.find('default', 'device-1')).toMatchObject([sighting]);
  });
});

it('C15 a superseded process is refused after a restart too, and the one that won is not', async () => {
  await registry.leaseReady((await registry.register(ofProcess('p1'))).lease);
  await registry.leaseReady((await registry.register(ofProcess('p2'))).lease);
  reopen();
  await expect(registry.register(ofProcess('p1'))).rejects.toMatchObject({ code: 'LISTENER_SUPERSEDED' });
  await expect(registry.register(ofProcess('p2'))).resolves.toBeDefined();
});

it('keeps no secret of a lease', async () => {
  const { secret, lease } = await registry.register(ofProcess());
  const database = openDatabase(path.join(directory, 'registry.db'), REGISTRY_MIGRATIONS);
  const rows = JSON.stringify(database.prepare('SELECT * FROM leases').all([]));
  database.close();
  expect(rows).toContain(lease.id);
  expect(rows).not.toContain(secret);
});

it('takes what an older relay did not write down as not agreed', async () => {
  const registered = await registry.register(ofProcess());
  const database = openDatabase(path.join(directory, 'registry.db'), REGISTRY_MIGRATIONS);
  database.prepare('UPDATE leases SET terms = ?').run(['{}']);
  database.close();
  expect(registered.lease.namesEvents).toBe(true);
  expect(await standing(registered)).toMatchObject({ lease: { namesEvents: false, answersInput: false } });
});

it('C24 opens the file of a relay that wrote down no reasons, and keeps what it has', async () => {
  const older = path.join(directory, 'older');
  mkdirSync(older);
  const database = openDatabase(path.join(older, 'registry.db'), REGISTRY_MIGRATIONS.slice(0, 2));
  database.exec(`
    INSERT INTO environments (id, connection_id, organization_id, owner_token_id, device_id, listener_instance_id,
      connection_name, metadata, first_seen_at, registered_at, last_seen_at, registrations)
    VALUES ('env-1', 'conn-1', 'default', 'tok-1', 'device-1', NULL, 'laptop', '{}', 1, 2, 3, 1)`);
  database.close();
  const opened = LibsqlEnvironmentRegistry.open(older, clock);
  expect(await opened.list('default')).toMatchObject([{ id: 'env-1', lastSeenAt: 3, offline: null }]);
  await opened.seen('env-1', { lastSeenAt: 4, lastHeartbeat: null, offline: { reason: 'lost', since: 4 } });
  expect(await opened.withIds('default', new Set(['env-1']))).toMatchObject([
    { offline: { reason: 'lost', since: 4 } },
  ]);
  opened.onApplicationShutdown();
});

it('leaves nothing of a registration that it refused or could not write', async () => {
  await registry.register(ofProcess());
  const database = openDatabase(path.join(directory, 'registry.db'), REGISTRY_MIGRATIONS);
  database.exec(`CREATE TRIGGER full BEFORE INSERT ON leases BEGIN SELECT raise(ABORT, 'the disk is full'); END`);
  await expect(registry.register(ofProcess(undefined, { connectionName: 'renamed' }))).rejects.toMatchObject({
    code: 'REGISTRATION_NOT_KEPT',
    cause: { message: expect.stringContaining('disk is full') as string },
  });
  database.exec('DROP TRIGGER full');
  database.close();
  expect(await registry.list('default')).toMatchObject([{ connectionName: 'laptop' }]);
  expect((await registry.register(ofProcess())).lease.order).toBe(2);
});

it('C32 says once that a full disk takes no registrations, with its reason, and goes on when there is room', async () => {
  const database = openDatabase(path.join(directory, 'registry.db'), REGISTRY_MIGRATIONS);
  const full = new LibsqlEnvironmentRegistry(database, clock);
  const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  const large = ofProcess('p1', { metadata: { note: 'x'.repeat(100_000) } });
  database.exec('PRAGMA max_page_count=1');
  for (let attempt = 0; attempt < 3; attempt++) {
    const refused = await full.register(large).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'REGISTRATION_NOT_KEPT', status: 503, headers: { 'Retry-After': '10' } });
    expect(refused).toMatchObject({ cause: { message: 'database or disk is full' } });
  }
  expect(log.mock.calls).toEqual([
    ['The registry cannot be written (database or disk is full); listeners cannot register. Make room on the disk.'],
  ]);
  database.exec('PRAGMA max_page_count=1000000');
  expect((await full.register(large)).lease.order).toBe(1);
  log.mockRestore();
  full.onApplicationShutdown();
});

it('is readable by its owner alone, and refuses a file that is no registry', () => {
  expect(statSync(directory).mode & 0o077).toBe(0);
  const broken = path.join(path.dirname(directory), 'broken');
  mkdirSync(broken);
  writeFileSync(path.join(broken, 'registry.db'), 'no database');
  expect(() => LibsqlEnvironmentRegistry.open(broken, clock)).toThrow(DatabaseError);
});

it('takes five thousand listeners, their links and their heartbeats', async () => {
  const devices = Array.from({ length: 5_000 }, (_, n) => `device-${n}`);
  const registered: Registered[] = [];
  for (const deviceId of devices) registered.push(await registry.register(ofProcess(`p-${deviceId}`, { deviceId })));
  for (const one of registered) {
    expect(await standing(one)).toMatchObject({ state: 'valid' });
    await registry.leaseReady(one.lease);
    const now = clock.now();
    await registry.seen(one.environment.id, { lastSeenAt: now, lastHeartbeat: now, offline: null });
  }
  expect((await registry.list('default')).map(({ deviceId }) => deviceId)).toEqual(devices);
});
