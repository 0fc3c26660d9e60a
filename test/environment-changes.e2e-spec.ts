import { afterEach, beforeEach, expect, it } from 'vitest';
import type { EnvironmentChanges, EnvironmentPage } from '../src/protocol/index.js';
import { AccessWorld, type Served, type Subject } from './kit/access-world.js';

let world: AccessWorld;
beforeEach(async () => {
  world = await AccessWorld.start();
});
afterEach(() => world.close());

async function changes(subject: Subject, since?: string): Promise<EnvironmentChanges> {
  const query = since === undefined ? '' : `?since=${encodeURIComponent(since)}`;
  const { status, body } = await world.ask(subject, 'GET', `/v1/environment-changes${query}`);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as unknown as EnvironmentChanges;
}

const names = ({ changed }: EnvironmentChanges): string[] => changed.map(({ connectionName }) => connectionName);

/** As `GET /v1/environments` shows it. */
async function shown({ connectionId }: Served): Promise<EnvironmentChanges['changed'][number]> {
  const { body } = await world.ask('admin', 'GET', `/v1/environments/${connectionId}`);
  return body as unknown as EnvironmentChanges['changed'][number];
}

it('tells nothing at first, then what has come, connected, gone offline and been deleted, as the list has it', async () => {
  const begin = await changes('client');
  expect(begin).toEqual({ cursor: expect.any(String), recovered: false, changed: [], gone: [], hasMore: false });
  const served = await world.register('device', 'ci-one');
  const came = await changes('client', begin.cursor);
  expect(came).toMatchObject({ recovered: true, changed: [{ connectionId: null }], gone: [], hasMore: false });

  const socket = await world.open('device', served.wsUrl);
  socket.send({ type: 'ping' });
  await socket.seen('pong');
  const connected = await changes('client', came.cursor);
  const { lastSeenAt: _heard, lastHeartbeat: _beat, ...asListed } = await shown(served);
  expect(connected.changed).toMatchObject([asListed]);

  socket.send({ type: 'ping' });
  await socket.seen('pong');
  const quiet = await changes('client', connected.cursor);
  expect([quiet.cursor, quiet.changed]).toEqual([connected.cursor, []]);

  const { id } = await shown(served);
  await world.ask('admin', 'DELETE', `/v1/environments/${id}`);
  expect(await changes('client', quiet.cursor)).toMatchObject({ changed: [], gone: [id] });
});

it('tells nobody of what they may not see, not even that it was there', async () => {
  const [client, outside, stranger] = await Promise.all([changes('client'), changes('outside'), changes('stranger')]);
  const { connectionId } = await world.register('device', 'ci-one');
  await world.register('deviceOutside', 'web-one');
  expect(names(await changes('client', client.cursor))).toEqual(['ci-one']);
  expect(names(await changes('outside', outside.cursor))).toEqual(['web-one']);
  await world.ask('admin', 'DELETE', `/v1/environments/${connectionId}`);
  expect(await changes('outside', outside.cursor)).toMatchObject({ changed: [{}], gone: [] });
  expect(await changes('stranger', stranger.cursor)).toMatchObject({ changed: [], gone: [] });
});

it('one that has a name now which is hidden from somebody is gone for them, and came for others', async () => {
  const device = await world.make({ name: 'any', role: 'device', organizationId: 'acme' });
  const register = (connectionName: string) =>
    world.relay.rest('/v1/environments/register', {
      token: device.token,
      body: { deviceId: 'device-x', connectionName },
    });
  await register('ci-one');
  const [client, outside] = await Promise.all([changes('client'), changes('outside')]);
  await register('web-one');
  const hidden = await changes('client', client.cursor);
  const { body } = await world.ask('outside', 'GET', '/v1/environments');
  const [environment] = (body as unknown as EnvironmentPage).connections;
  expect([hidden.changed, hidden.gone]).toEqual([[], [environment?.id]]);
  const now = await changes('outside', outside.cursor);
  expect([names(now), now.gone]).toEqual([['web-one'], []]);
});

it('a cursor of somebody else, of another relay, or none at all, is of no use', async () => {
  const { cursor } = await changes('client');
  await world.register('device', 'ci-one');
  for (const since of ['nowhere', cursor.replace(/^./, 'x')])
    expect(await changes('client', since)).toMatchObject({ recovered: false, changed: [] });
  expect(await changes('admin', cursor)).toMatchObject({ recovered: false, changed: [] });
  expect(await world.ask('client', 'GET', `/v1/environment-changes?since=${'x'.repeat(300)}`)).toMatchObject({
    status: 400,
    body: { errorCode: 'BAD_REQUEST' },
  });
});
