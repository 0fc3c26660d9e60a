import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { NATS_SKIPPED } from '../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../test/kit/nats-world.js';
import { KvEnvironmentRegistry } from '../engine/nats/stores/kv-environment.registry.js';
import type { EnvironmentRegistry, Registration } from './environment.registry.js';
import { LibsqlEnvironmentRegistry } from './libsql-environment.registry.js';
import { MemoryEnvironmentRegistry } from './memory-environment.registry.js';

function registration(changes: Partial<Registration> = {}): Registration {
  return {
    organizationId: 'default',
    tokenId: 'token-a',
    deviceId: 'device-1',
    listenerInstanceId: 'one',
    connectionName: 'laptop',
    metadata: {},
    ...changes,
  };
}
const ofProcess = (processInstanceId: string) => registration({ metadata: { processInstanceId } });

type Opened = { readonly registry: EnvironmentRegistry; close(): Promise<void> };

let world: NatsWorld | undefined;
afterAll(() => world?.dispose());

const ADAPTERS: readonly [string, (clock: ManualClock) => Promise<Opened>][] = [
  ['memory', async (clock) => ({ registry: new MemoryEnvironmentRegistry(clock), async close() {} })],
  [
    'libsql',
    async (clock) => {
      const directory = mkdtempSync(path.join(tmpdir(), 'twinlane-'));
      const registry = LibsqlEnvironmentRegistry.open(directory, clock);
      const close = async (): Promise<void> => {
        registry.onApplicationShutdown();
        rmSync(directory, { recursive: true });
      };
      return { registry, close };
    },
  ],
  [
    'NATS',
    async (clock) => {
      const nats = (world ??= await NatsWorld.start());
      return { registry: await KvEnvironmentRegistry.open(await nats.node(), clock), close: () => nats.empty() };
    },
  ],
];

describe.each(ADAPTERS)('a registry in %s', (name, open) => {
  let clock: ManualClock;
  let registry: EnvironmentRegistry;
  let close: (() => Promise<void>) | undefined;
  beforeEach(async (context) => {
    if (name === 'NATS' && NATS_SKIPPED !== undefined) context.skip(NATS_SKIPPED);
    clock = new ManualClock();
    ({ registry, close } = await open(clock));
  });
  afterEach(() => close?.());

  describe('register', () => {
    it('keeps ids over registrations', async () => {
      const first = await registry.register(registration());
      const again = await registry.register(registration({ connectionName: 'renamed' }));
      expect(again.environment).toMatchObject({
        id: first.environment.id,
        connectionId: first.environment.connectionId,
        connectionName: 'renamed',
      });
    });

    it.each<[string, Partial<Registration>]>([
      ['organisation', { organizationId: 'other' }],
      ['device', { deviceId: 'device-2' }],
      ['instance', { listenerInstanceId: 'two' }],
      ['missing instance', { listenerInstanceId: undefined }],
    ])('makes another environment for another %s', async (_name, changes) => {
      const first = await registry.register(registration());
      const other = await registry.register(registration(changes));
      expect(other.environment.connectionId).not.toBe(first.environment.connectionId);
    });

    it('gives every registration a lease of its own, with at least 128 random bits', async () => {
      const all = await Promise.all(Array.from({ length: 50 }, () => registry.register(registration())));
      expect(new Set(all.map(({ secret }) => secret)).size).toBe(50);
      for (const { secret } of all) expect(Buffer.from(secret, 'base64url').length).toBeGreaterThanOrEqual(16);
    });

    it('refuses another token', async () => {
      await registry.register(registration());
      await expect(registry.register(registration({ tokenId: 'token-b' }))).rejects.toMatchObject({
        code: 'ENVIRONMENT_TAKEN',
        status: 409,
      });
    });
  });

  describe('leases', () => {
    it('stay valid until a newer one is ready', async () => {
      const first = await registry.register(ofProcess('p1'));
      const second = await registry.register(ofProcess('p2'));
      const { connectionId } = first.environment;
      expect(await registry.standingOf(connectionId, first.secret)).toMatchObject({
        state: 'valid',
        lease: first.lease,
      });
      await registry.leaseReady(second.lease);
      expect(await registry.standingOf(connectionId, first.secret)).toMatchObject({
        state: 'void',
        by: 'other-process',
      });
      expect(await registry.standingOf(connectionId, second.secret)).toMatchObject({ state: 'valid' });
    });

    it('remember who voided them first', async () => {
      const first = await registry.register(ofProcess('p1'));
      await registry.leaseReady((await registry.register(ofProcess('p1'))).lease);
      await registry.leaseReady((await registry.register(ofProcess('p2'))).lease);
      expect(await registry.standingOf(first.environment.connectionId, first.secret)).toMatchObject({
        by: 'same-process',
      });
    });

    it('count only on their own environment', async () => {
      const { secret } = await registry.register(registration());
      const other = await registry.register(registration({ deviceId: 'device-2' }));
      expect(await registry.standingOf(other.environment.connectionId, secret)).toEqual({ state: 'unknown' });
      expect(await registry.standingOf('conn-nowhere', secret)).toEqual({ state: 'unknown' });
    });

    it('do not grow without bound', async () => {
      const first = await registry.register(registration());
      for (let i = 0; i < 300; i++) await registry.register(registration());
      expect(await registry.standingOf(first.environment.connectionId, first.secret)).toEqual({ state: 'unknown' });
    });
  });

  describe('C15 a process that another one superseded', () => {
    it('is refused when it registers again', async () => {
      await registry.leaseReady((await registry.register(ofProcess('p1'))).lease);
      await registry.leaseReady((await registry.register(ofProcess('p2'))).lease);
      await expect(registry.register(ofProcess('p1'))).rejects.toMatchObject({
        code: 'LISTENER_SUPERSEDED',
        status: 409,
      });
      await expect(registry.register(ofProcess('p2'))).resolves.toBeDefined();
      await expect(registry.register(ofProcess('p3'))).resolves.toBeDefined();
    });

    it('is not one that registered anew before the other was ready: the newest lease wins', async () => {
      await registry.leaseReady((await registry.register(ofProcess('p1'))).lease);
      const second = await registry.register(ofProcess('p2'));
      const third = await registry.register(ofProcess('p1'));
      await registry.leaseReady(second.lease);
      await registry.leaseReady(third.lease);
      await expect(registry.register(ofProcess('p1'))).resolves.toBeDefined();
      await expect(registry.register(ofProcess('p2'))).rejects.toMatchObject({ code: 'LISTENER_SUPERSEDED' });
    });

    it('is not one whose own newer lease voided the older', async () => {
      await registry.leaseReady((await registry.register(ofProcess('p1'))).lease);
      await registry.leaseReady((await registry.register(ofProcess('p1'))).lease);
      await expect(registry.register(ofProcess('p1'))).resolves.toBeDefined();
    });
  });

  describe('find', () => {
    it('knows an environment by id, connectionId and device, within its organisation', async () => {
      const { environment } = await registry.register(registration());
      for (const name of [environment.id, environment.connectionId, 'device-1']) {
        expect(await registry.find('default', name)).toEqual([environment]);
        expect(await registry.find('other', name)).toEqual([]);
      }
      expect(await registry.find('default', 'nowhere')).toEqual([]);
    });

    it('shows the newest registration of a device first', async () => {
      const one = await registry.register(registration());
      await clock.advance(1);
      const two = await registry.register(registration({ listenerInstanceId: 'two' }));
      expect(await registry.find('default', 'device-1')).toEqual([two.environment, one.environment]);
    });
  });

  describe('list', () => {
    it('goes through what an organisation has one by one, behind any of them, also where some go meanwhile', async () => {
      for (let index = 0; index < 450; index++) {
        await registry.register(registration({ deviceId: `device-${index}` }));
        if (index % 3 === 0) await registry.register(registration({ deviceId: 'd', organizationId: `other-${index}` }));
      }
      const all = await registry.list('default');
      expect(all).toHaveLength(450);
      const behind = async (after?: string): Promise<unknown[]> => {
        const found: unknown[] = [];
        for await (const environment of registry.behind('default', after)) found.push(environment);
        return found;
      };
      expect(await behind()).toEqual(all);
      for (const index of [0, 199, 200, 448, 449]) expect(await behind(all[index]?.id)).toEqual(all.slice(index + 1));
      const [others] = await registry.list('other-0');
      expect([await behind(others?.id), await behind('env-made-up')]).toEqual([[], []]);

      let gone = 0;
      for await (const { id } of registry.behind('default', undefined)) {
        gone++;
        await registry.remove(id);
      }
      expect([gone, await registry.list('default')]).toEqual([450, []]);
    });

    it('finds those of many ids at once, within its organisation', async () => {
      const ids: string[] = [];
      for (const deviceId of ['device-1', 'device-2', 'device-3'])
        ids.push((await registry.register(registration({ deviceId }))).environment.id);
      const { environment: foreign } = await registry.register(registration({ organizationId: 'others' }));
      const found = await registry.withIds(
        'default',
        new Set([...ids.slice(1), foreign.id, foreign.connectionId, 'env-"x']),
      );
      expect(found.map(({ id }) => id).toSorted()).toEqual(ids.slice(1).toSorted());
      expect(await registry.withIds('default', new Set())).toEqual([]);
    });

    it('shows what an organisation has, the oldest first', async () => {
      const one = await registry.register(registration());
      const two = await registry.register(registration({ deviceId: 'device-2' }));
      await registry.register(registration({ organizationId: 'other' }));
      const again = await registry.register(registration());
      expect(await registry.list('default')).toEqual([again.environment, two.environment]);
      expect(again.environment.firstSeenAt).toBe(one.environment.firstSeenAt);
    });
  });

  describe('seen', () => {
    it('is the newest of registrations and signs of life', async () => {
      const { environment } = await registry.register(registration());
      expect(environment).toMatchObject({ lastSeenAt: clock.now(), lastHeartbeat: null });
      const heard = clock.now() + 5_000;
      await registry.seen(environment.id, { lastSeenAt: heard, lastHeartbeat: heard, offline: null });
      await registry.seen(environment.id, { lastSeenAt: heard - 1_000, lastHeartbeat: null, offline: null });
      const expected = { lastSeenAt: heard, lastHeartbeat: heard, offline: null };
      expect(await registry.find('default', environment.id)).toMatchObject([expected]);
      await clock.advance(60_000);
      const again = await registry.register(registration());
      expect(again.environment).toMatchObject({ lastSeenAt: clock.now(), lastHeartbeat: heard });
      await registry.seen('env-nowhere', expected);
    });

    it('knows why one is offline: from its registration until a link was ready, and again after that', async () => {
      const { environment } = await registry.register(registration());
      const registered = { reason: 'never-connected', since: clock.now() };
      expect(environment.offline).toEqual(registered);
      const sighting = { lastSeenAt: clock.now(), lastHeartbeat: null };
      await registry.seen(environment.id, { ...sighting, offline: null });
      expect((await registry.list('default'))[0]?.offline).toBeNull();
      const stopped = { reason: 'stopped', since: clock.now() + 1 } as const;
      await registry.seen(environment.id, { ...sighting, offline: stopped });
      expect((await registry.list('default'))[0]?.offline).toEqual(stopped);
      expect((await registry.register(registration())).environment.offline).toEqual(registered);
    });
  });
});
