import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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
    await registry.seen(environment.id, { lastSeenAt: heard, lastHeartbeat: heard });
    reopen();
    expect(await registry.find('default', 'device-1')).toMatchObject([{ lastSeenAt: heard, lastHeartbeat: heard }]);
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

it('leaves nothing of a registration that it refused or could not write', async () => {
  await registry.register(ofProcess());
  const database = openDatabase(path.join(directory, 'registry.db'), REGISTRY_MIGRATIONS);
  database.exec(`CREATE TRIGGER full BEFORE INSERT ON leases BEGIN SELECT raise(ABORT, 'the disk is full'); END`);
  await expect(registry.register(ofProcess(undefined, { connectionName: 'renamed' }))).rejects.toThrow(/disk is full/);
  database.exec('DROP TRIGGER full');
  database.close();
  expect(await registry.list('default')).toMatchObject([{ connectionName: 'laptop' }]);
  expect((await registry.register(ofProcess())).lease.order).toBe(2);
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
    await registry.seen(one.environment.id, { lastSeenAt: clock.now(), lastHeartbeat: clock.now() });
  }
  expect((await registry.list('default')).map(({ deviceId }) => deviceId)).toEqual(devices);
});

it('C24 a process that is killed keeps every registration that it answered', async () => {
  registry.onApplicationShutdown();
  // Writes as the registry does, in a process that can be killed: each line it prints was committed before.
  const script = `
    const { default: Libsql } = await import('libsql');
    const db = new Libsql(process.argv[1]);
    db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL');
    const enter = db.prepare("INSERT INTO environments (id, connection_id, organization_id, owner_token_id, device_id," +
      " connection_name, metadata, first_seen_at, registered_at, last_seen_at, registrations)" +
      " VALUES (?, ?, 'default', 't', ?, 'n', '{}', 1, 1, 1, 1)");
    for (let n = 0; ; n++) { enter.run(['env-' + n, 'conn-' + n, 'd' + n]); process.stdout.write(n + '\\n'); }`;
  const file = path.join(directory, 'registry.db');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const part of child.stdout) {
    printed += String(part);
    if (printed.length > 5_000 && child.signalCode === null) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  registry = LibsqlEnvironmentRegistry.open(directory, clock);
  const answered = printed.slice(0, printed.lastIndexOf('\n')).split('\n');
  const kept = new Set((await registry.list('default')).map(({ deviceId }) => deviceId));
  expect(answered.filter((n) => !kept.has(`d${n}`))).toEqual([]);
});
