import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../../../test/kit/manual-clock.js';
import { NATS_SKIPPED } from '../../../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../../../test/kit/nats-world.js';
import { SILENT } from '../../../../../test/kit/silent-logger.js';
import type { EnvironmentRegistry, Registration } from '../../../environments/environment.registry.js';
import { KvEnvironmentRegistry } from './kv-environment.registry.js';
import { KvRecords } from './kv-records.js';

const BUCKET = 'TWINLANE_ENVIRONMENTS';

function ofProcess(processInstanceId: string, changes: Partial<Registration> = {}): Registration {
  return {
    organizationId: 'acme',
    tokenId: 'token-a',
    deviceId: 'a device. With > odd * characters',
    listenerInstanceId: undefined,
    connectionName: 'laptop',
    metadata: { processInstanceId },
    ...changes,
  };
}

describe.skipIf(NATS_SKIPPED)(`a registry of many nodes${NATS_SKIPPED ? `: ${NATS_SKIPPED}` : ''}`, () => {
  let world: NatsWorld;
  let one: EnvironmentRegistry;
  let two: EnvironmentRegistry;
  beforeAll(async () => {
    Logger.overrideLogger(SILENT);
    world = await NatsWorld.start();
  });
  beforeEach(async () => {
    const clock = new ManualClock();
    one = await KvEnvironmentRegistry.open(await world.node(), clock);
    two = await KvEnvironmentRegistry.open(await world.node(), clock);
  });
  afterEach(() => world.empty());
  afterAll(() => world.dispose());

  const idsOf = async (registry: EnvironmentRegistry): Promise<string[]> =>
    (await registry.list('acme')).map(({ id }) => id);

  it('gives an environment that two tokens register at once to one of them', async () => {
    const outcomes = await Promise.allSettled([
      one.register(ofProcess('p1')),
      two.register(ofProcess('p2', { tokenId: 'token-b' })),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes).toContainEqual(
      expect.objectContaining({ reason: expect.objectContaining({ code: 'ENVIRONMENT_TAKEN' }) }),
    );
    expect(await idsOf(one)).toHaveLength(1);
  });

  it('orders registrations of one environment that come at once, and lists it once', async () => {
    const all = await Promise.all(
      Array.from({ length: 14 }, (_, index) => (index % 2 === 0 ? one : two).register(ofProcess(`p${index}`))),
    );
    const orders = all.map(({ lease }) => lease.order).toSorted((a, b) => a - b);
    expect(orders).toEqual(Array.from(orders, (_, index) => index + 1));
    expect(await idsOf(two)).toHaveLength(1);
    expect(await one.find('acme', ofProcess('').deviceId)).toHaveLength(1);
    for (const { environment, secret } of all)
      expect(await two.standingOf(environment.connectionId, secret)).toMatchObject({ state: 'valid' });
  });

  it('lists every environment that nodes make at once, from page to page', async () => {
    const devices = Array.from({ length: 240 }, (_, index) => `device-${index}`);
    const made = await Promise.all(
      devices.map((deviceId, index) => (index % 2 === 0 ? one : two).register(ofProcess('p', { deviceId }))),
    );
    const listed = await idsOf(one);
    expect(listed.toSorted()).toEqual(made.map(({ environment }) => environment.id).toSorted());
    expect(await idsOf(two)).toEqual(listed);
    const behind: string[] = [];
    for await (const { id } of two.behind('acme', listed[99])) behind.push(id);
    expect(behind).toEqual(listed.slice(100));
  });

  it('C15 voids at every node what one of them superseded', async () => {
    const older = await one.register(ofProcess('p1'));
    const newer = await two.register(ofProcess('p2'));
    await two.leaseReady(newer.lease);
    const { connectionId } = older.environment;
    expect(await one.standingOf(connectionId, older.secret)).toMatchObject({ state: 'void', by: 'other-process' });
    await expect(one.register(ofProcess('p1'))).rejects.toMatchObject({ code: 'LISTENER_SUPERSEDED' });
  });

  it('C15 voids once NATS is back what was superseded while it was away', async () => {
    const older = await one.register(ofProcess('p1'));
    const newer = await two.register(ofProcess('p2'));
    let ready: Promise<void> | undefined;
    await world.outage(async () => {
      ready = two.leaseReady(newer.lease);
    });
    await ready;
    const { connectionId } = older.environment;
    expect(await one.standingOf(connectionId, older.secret)).toMatchObject({ state: 'void', by: 'other-process' });
  });

  it('C15 asks a JetStream that refuses now and then, and not without pause', async () => {
    const clock = new ManualClock();
    const connection = await world.node();
    const registry = await KvEnvironmentRegistry.open(connection, clock);
    const { lease } = await registry.register(ofProcess('p1'));
    await connection.manager.streams.delete(`KV_${BUCKET}`);
    const asked = vi.spyOn(connection, 'ask');
    const refused = vi.fn<() => void>();
    const voiding = registry.leaseReady(lease).catch(refused);
    await vi.waitFor(() => expect(asked.mock.settledResults).toMatchObject([{ type: 'rejected' }]));
    for (let trips = 0; trips < 20; trips++) await connection.core.flush();
    expect(asked).toHaveBeenCalledTimes(1);
    await clock.advance(1_000);
    await vi.waitFor(() => expect(asked.mock.settledResults).toHaveLength(2));
    await connection.close();
    await clock.advance(1_000);
    await voiding;
    expect(refused).toHaveBeenCalledOnce();
  });

  it('C15 remembers a superseded process, however often the other one registers', async () => {
    await one.leaseReady((await one.register(ofProcess('p1'))).lease);
    for (let time = 0; time < 40; time++) await two.leaseReady((await two.register(ofProcess('p2'))).lease);
    await expect(one.register(ofProcess('p1'))).rejects.toMatchObject({ code: 'LISTENER_SUPERSEDED' });
  });

  it('knows what was released at another node', async () => {
    const { environment, secret } = await one.register(ofProcess('p1'));
    await two.release(environment.id);
    expect(await one.standingOf(environment.connectionId, secret)).toMatchObject({ state: 'void' });
    expect((await one.register(ofProcess('p2', { tokenId: 'token-b' }))).environment.ownerTokenId).toBe('token-b');
  });

  it('shows an environment once and under all its names, whoever deletes it while it registers', async () => {
    for (let time = 0; time < 10; time++) {
      const { environment } = await one.register(ofProcess('p'));
      const [again] = await Promise.all([
        two.register(ofProcess('p')),
        one.remove(environment.id),
        one.seen(environment.id, { lastSeenAt: 2 ** 42 + time, lastHeartbeat: time, offline: null }),
      ]);
      const isThere = (await two.organizationOf(environment.id)) !== undefined;
      const ids = isThere ? [environment.id] : [];
      for (const name of [environment.id, environment.connectionId, environment.deviceId])
        expect((await one.find('acme', name)).map(({ id }) => id)).toEqual(ids);
      expect(await idsOf(two)).toEqual(ids);
      const { state } = await one.standingOf(again.environment.connectionId, again.secret);
      expect(state).toBe(isThere ? 'valid' : 'unknown');
    }
  });

  it('C24 keeps leases over a nats-server that was killed, and says what is the matter meanwhile', async () => {
    const { environment, secret } = await one.register(ofProcess('p1'));
    await world.outage(async () => {
      await expect(two.register(ofProcess('p1'))).rejects.toMatchObject({ code: 'REGISTRATION_NOT_KEPT', status: 503 });
      await expect(two.release(environment.id)).rejects.toMatchObject({ code: 'CHANGE_NOT_KEPT', status: 503 });
      await expect(two.standingOf(environment.connectionId, secret)).rejects.toMatchObject({ code: 'ENGINE_AWAY' });
    });
    expect(await two.standingOf(environment.connectionId, secret)).toMatchObject({
      state: 'valid',
      environment: { id: environment.id },
    });
    expect((await two.register(ofProcess('p1'))).lease.order).toBe(2);
  });

  it('C23 mends what a node has left that ended between the record and its name', async () => {
    const { environment } = await one.register(ofProcess('p1'));
    const records = await KvRecords.open(await world.node(), BUCKET);
    const named = `connection.${environment.connectionId}`;
    const { revision = 0 } = (await records.get(named)) ?? {};
    await records.remove(named, revision);
    const again = await two.register(ofProcess('p1'));
    expect(await one.standingOf(environment.connectionId, again.secret)).toMatchObject({ state: 'valid' });
  });

  it('C36 refuses what no message of NATS takes, and goes on', async () => {
    await one.register(ofProcess('p1'));
    const metadata = { processInstanceId: 'p1', notes: 'x'.repeat(1_024 * 1_024) };
    const refused = { code: 'BODY_TOO_LARGE', status: 413 };
    await expect(two.register(ofProcess('p1', { metadata }))).rejects.toMatchObject(refused);
    await expect(two.register(ofProcess('p1', { metadata, deviceId: 'new' }))).rejects.toMatchObject(refused);
    expect(await idsOf(two)).toHaveLength(1);
    expect((await two.register(ofProcess('p1'))).lease.order).toBe(2);
  });

  it('holds no secret', async () => {
    const { environment, secret } = await one.register(ofProcess('p1'));
    const node = await world.node();
    const { streams } = node.manager;
    const { state } = await streams.info(`KV_${BUCKET}`);
    let all = '';
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const message = await streams.getMessage(`KV_${BUCKET}`, { seq });
      all += message ? `${message.subject} ${message.string()}` : '';
    }
    expect(all).toContain(environment.id);
    expect(all).not.toContain(secret);
  });
});
