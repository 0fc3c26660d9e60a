import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../../../../test/kit/cli.js';
import { NATS_SKIPPED } from '../../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../../test/kit/nats-world.js';
import { openDatabase } from '../../../journal/index.js';
import { KvTokenStore } from '../../engine/nats/stores/kv-token.store.js';
import { LibsqlTokenStore } from './libsql-token.store.js';
import { MemoryTokenStore } from './memory-token.store.js';
import { TOKEN_MIGRATIONS } from './token-schema.js';
import type { TokenRecord, TokenStore } from './token-store.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const DIGEST = 'd'.repeat(64);
const TOKEN: TokenRecord = {
  id: 'tok-1',
  organizationId: 'acme',
  name: 'build',
  role: 'device',
  environments: ['ci-*', 'web'],
  access: 'steer',
  mayApprove: false,
  createdAt: 1,
  createdBy: 'root',
  expiresAt: 100,
  lastUsedAt: null,
  revokedAt: null,
};
const ACME = { id: 'acme', name: 'Acme', createdAt: 1 };

let world: NatsWorld | undefined;
afterAll(() => world?.dispose());

const STORES: Readonly<Record<string, () => Promise<TokenStore>>> = {
  memory: async () => new MemoryTokenStore(),
  libsql: async () => {
    const { path: directory, remove } = await temporaryDirectory();
    const store = LibsqlTokenStore.open(directory);
    cleanUps.push(remove, () => store.onApplicationShutdown());
    return store;
  },
  NATS: async () => {
    const nats = (world ??= await NatsWorld.start());
    cleanUps.push(() => nats.empty());
    return KvTokenStore.open(await nats.node());
  },
};

describe.each(Object.entries(STORES))('the %s store', (where, open) => {
  beforeEach((context) => {
    if (where === 'NATS' && NATS_SKIPPED !== undefined) context.skip(NATS_SKIPPED);
  });

  async function filled(): Promise<TokenStore> {
    const store = await open();
    await store.addOrganization(ACME);
    await store.add(TOKEN, DIGEST);
    return store;
  }

  it('finds a token by its digest and by its id', async () => {
    const store = await filled();
    expect([await store.byDigest(DIGEST), await store.get('tok-1')]).toEqual([TOKEN, TOKEN]);
    expect([await store.byDigest('e'.repeat(64)), await store.get('tok-2')]).toEqual([undefined, undefined]);
  });

  it('lists those of one organisation, or of all', async () => {
    const store = await filled();
    await store.addOrganization({ ...ACME, id: 'rival' });
    const other = { ...TOKEN, id: 'tok-2', organizationId: 'rival', mayApprove: true, expiresAt: null };
    await store.add(other, 'e'.repeat(64));
    expect([await store.list(), await store.list('rival'), await store.list('x')]).toEqual([
      [TOKEN, other],
      [other],
      [],
    ]);
  });

  it('forgets what ended long ago, and nothing that has not', async () => {
    const store = await filled();
    const revoked = { ...TOKEN, id: 'tok-2', expiresAt: null };
    const lasting = { ...TOKEN, id: 'tok-3', expiresAt: null };
    await store.add(revoked, 'e'.repeat(64));
    await store.add(lasting, 'f'.repeat(64));
    await store.revoke('tok-2', 50);
    await store.forgetEnded(50);
    expect(await store.list()).toHaveLength(3);
    await store.forgetEnded(51);
    expect((await store.list()).map(({ id }) => id)).toEqual(['tok-1', 'tok-3']);
    await store.forgetEnded(101);
    expect(await store.list()).toEqual([lasting]);
    expect(await store.byDigest(DIGEST)).toBeUndefined();
  });

  it('keeps the first time that a token was revoked, and the last that it was used', async () => {
    const store = await filled();
    await store.revoke('tok-1', 5);
    await store.revoke('tok-1', 6);
    await store.used('tok-1', 8);
    await store.used('tok-1', 7);
    await store.used('tok-9', 7);
    expect(await store.byDigest(DIGEST)).toEqual({ ...TOKEN, revokedAt: 5, lastUsedAt: 8 });
  });

  it('knows organisations, and refuses tokens of others', async () => {
    const store = await filled();
    await expect(store.addOrganization(ACME)).rejects.toMatchObject({ code: 'ORGANIZATION_EXISTS' });
    await expect(store.add({ ...TOKEN, id: 'x', organizationId: 'x' }, 'x')).rejects.toMatchObject({
      code: 'ORGANIZATION_UNKNOWN',
    });
    expect(await store.organizations()).toEqual([ACME]);
  });

  it('revokes the tokens of an organisation that is deleted', async () => {
    const store = await filled();
    expect(await store.removeOrganization('acme', 9)).toEqual(['tok-1']);
    expect(await store.get('tok-1')).toMatchObject({ revokedAt: 9 });
    expect(await store.organization('acme')).toBeUndefined();
    expect(await store.removeOrganization('acme', 10)).toEqual([]);
  });

  it('never gives the id of an organisation that was deleted again', async () => {
    const store = await filled();
    await store.removeOrganization('acme', 9);
    await store.removeOrganization('never', 9);
    const taken = { code: 'ORGANIZATION_EXISTS', message: expect.stringContaining('was deleted') };
    await expect(store.addOrganization(ACME)).rejects.toMatchObject(taken);
    await expect(store.add({ ...TOKEN, id: 'tok-2' }, 'e'.repeat(64))).rejects.toMatchObject({
      code: 'ORGANIZATION_UNKNOWN',
    });
    expect(await store.organizations()).toEqual([]);
    const never = { ...ACME, id: 'never' };
    await store.addOrganization(never);
    expect(await store.organizations()).toEqual([never]);
  });
});

it('a file knows over a restart which ids were given, and is brought up from the version before', async () => {
  const { path: directory, remove } = await temporaryDirectory();
  cleanUps.push(remove);
  const before = openDatabase(path.join(directory, 'access.db'), TOKEN_MIGRATIONS.slice(0, 1));
  before.exec("INSERT INTO organizations (id, name, created_at) VALUES ('acme', 'Acme', 1)");
  before.close();
  const first = LibsqlTokenStore.open(directory);
  expect(await first.organizations()).toEqual([ACME]);
  await first.removeOrganization('acme', 9);
  first.onApplicationShutdown();
  const second = LibsqlTokenStore.open(directory);
  cleanUps.push(() => second.onApplicationShutdown());
  expect(await second.organization('acme')).toBeUndefined();
  await expect(second.addOrganization(ACME)).rejects.toMatchObject({ code: 'ORGANIZATION_EXISTS' });
});

it('a file keeps everything over a restart, for its owner alone', async () => {
  const { path: directory, remove } = await temporaryDirectory();
  cleanUps.push(remove);
  const first = LibsqlTokenStore.open(directory);
  await first.addOrganization(ACME);
  await first.add(TOKEN, DIGEST);
  first.onApplicationShutdown();
  const second = LibsqlTokenStore.open(directory);
  cleanUps.push(() => second.onApplicationShutdown());
  expect([await second.byDigest(DIGEST), await second.organizations()]).toEqual([TOKEN, [ACME]]);
  const file = path.join(directory, 'access.db');
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(readFileSync(file).includes('tl_')).toBe(false);
});
