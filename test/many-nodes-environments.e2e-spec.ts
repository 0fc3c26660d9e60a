import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, TwinlaneClient } from '../src/client/index.js';
import type { EnvironmentChanges, EnvironmentRecord, Frame, RegistrationResponse } from '../src/protocol/index.js';
import { Engine } from '../src/relay/engine/engine.js';
import { temporaryDirectory } from './kit/cli.js';
import { NATS_SKIPPED, NatsServer } from './kit/nats-server.js';
import { RawSocket } from './kit/raw-socket.js';
import { startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

// Each test has nodes, and what comes to them.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

describe.skipIf(NATS_SKIPPED !== undefined)(`environments of two relay nodes (NATS: ${NATS_SKIPPED ?? 'here'})`, () => {
  let nats: NatsServer;
  let nodes: NestExpressApplication[];
  let closing: (() => unknown)[];

  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.dispose());

  beforeEach(async () => {
    const start = (nodeName: string) => startRelay({ engine: nats.url, nodeName, drainGraceMs: 500, drainEveryMs: 1 });
    nodes = [await start('first'), await start('second')];
    closing = nodes.map((node) => () => node.close());
  });
  afterEach(async () => {
    for (const close of closing.toReversed()) await close();
  });

  function at(index: number): NestExpressApplication {
    const found = nodes[index];
    if (!found) throw new Error('no such node');
    return found;
  }

  async function rest<T = unknown>(index: number, target: string, method = 'GET', body?: object): Promise<T> {
    const response = await fetch(`${urlOf(at(index))}${target}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer as T;
  }

  const changesSince = (index: number, cursor: string): Promise<EnvironmentChanges> =>
    rest(index, `/v1/environment-changes?since=${encodeURIComponent(cursor)}`);

  const isOnline = ({ connectionId }: EnvironmentRecord): boolean => connectionId !== null;

  const clientOf = (index: number): TwinlaneClient =>
    new TwinlaneClient({ server: urlOf(at(index)), token: TOKEN, WebSocket });

  /** What its home says of an environment is shown by the other node a moment later. */
  const shown = (index: number): Promise<EnvironmentRecord> =>
    vi.waitFor(async () => {
      const environment = (await clientOf(index).environments()).find(isOnline);
      if (!environment) throw new Error('no such environment is shown yet');
      return environment;
    }, 120_000);

  async function listen(index: number): Promise<INestApplicationContext> {
    const { path: workspace, remove } = await temporaryDirectory();
    const listener = await startListener({ server: urlOf(at(index)), workspace, mode: 'standard' });
    closing.push(remove, () => listener.close());
    return listener;
  }

  async function attach(index: number): Promise<Attachment> {
    const attachment = await clientOf(index).attach(await shown(index));
    closing.push(() => attachment.close());
    await attachment.runtimeStart({ agent_id: null });
    return attachment;
  }

  async function until(attachment: Attachment, fits: (event: Frame) => boolean): Promise<Frame> {
    for await (const event of attachment.events()) if (fits(event)) return event;
    throw new Error('the events ended');
  }

  it('what becomes of environments at one node is in the feed of the other one', async () => {
    let cursor = (await rest<EnvironmentChanges>(1, '/v1/environment-changes')).cursor;
    /** Goes on where it was until there is what is waited for. */
    const follow = (fits: (changes: EnvironmentChanges) => boolean): Promise<EnvironmentChanges> =>
      vi.waitFor(async () => {
        const changes = await changesSince(1, cursor);
        expect(changes.recovered).toBe(true);
        cursor = changes.cursor;
        if (!fits(changes)) throw new Error('nothing of that was told yet');
        return changes;
      }, 120_000);
    const one = (fits: (environment: EnvironmentRecord) => boolean) => follow(({ changed }) => changed.some(fits));

    const stock = { deviceId: 'stock', connectionName: 'ci' };
    await rest(0, '/v1/environments/register', 'POST', stock);
    const { changed } = await one(({ connectionName }) => connectionName === 'ci');
    expect(changed).toMatchObject([{ connectionId: null, offlineReason: 'never-connected' }]);
    await rest(0, '/v1/environments/register', 'POST', { ...stock, connectionName: 'ci-2' });
    await one(({ connectionName }) => connectionName === 'ci-2');
    await rest(0, `/v1/environments/${changed[0]?.id}`, 'DELETE');
    expect((await follow(({ gone }) => gone.length > 0)).gone).toEqual([changed[0]?.id]);

    const listener = await listen(0);
    const attachment = await attach(0);
    await one((environment) => isOnline(environment) && environment.offlineReason === null);
    const asked = until(attachment, ({ type }) => type === 'control_request');
    await attachment.send('echo approved');
    const waiting = await one(({ waitingApprovals }) => waitingApprovals === 1);
    expect(waiting.changed.at(-1)).toMatchObject({ lastAsked: { runtime: attachment.runtime } });
    await attachment.answerApproval(String((await asked)['request_id']), { behavior: 'allow' });
    await one((environment) => environment.waitingApprovals === 0 && environment.lastTurnEnded !== undefined);
    await listener.close();
    expect((await one((environment) => !isOnline(environment))).changed.at(-1)).toMatchObject({
      offlineReason: 'stopped',
    });

    const other = await changesSince(0, cursor);
    expect(other).toMatchObject({ recovered: false, changed: [] });
  });

  it('whoever may see an environment only under its old name is told at once, at whichever node it has another one', async () => {
    const token = await rest<{ token: string }>(0, '/v1/tokens', 'POST', {
      name: 'ci',
      role: 'client',
      environments: ['ci*'],
    });
    const named = (index: number, connectionName: string) =>
      rest<RegistrationResponse>(index, '/v1/environments/register', 'POST', { deviceId: 'named', connectionName });
    const { connectionId } = await named(1, 'prod-1');
    const open = (index: number) =>
      RawSocket.open(`${urlOf(at(index)).replace(/^http/, 'ws')}/v1/environments/${connectionId}/status/ws?client=c1`, {
        token: token.token,
      });
    await expect(open(0)).rejects.toThrow('404');
    await named(0, 'ci-1');
    const client = await open(1);
    await client.seen('resume_status');
    await named(0, 'prod-1');
    expect((await client.closed).code).toBe(1008);
    await rest(1, `/v1/environments/${connectionId}`, 'DELETE');
  });

  it('whoever came to another node while an environment was deleted is told to come again, and finds it gone', async () => {
    const { connectionId } = await rest<RegistrationResponse>(0, '/v1/environments/register', 'POST', {
      deviceId: 'deleted',
      connectionName: 'deleted',
    });
    const url = `${urlOf(at(1)).replace(/^http/, 'ws')}/v1/environments/${connectionId}/status/ws?client=c1`;
    const client = await RawSocket.open(url, { token: TOKEN });
    await client.seen('resume_status');
    const { id } = await rest<EnvironmentRecord>(0, `/v1/environments/${connectionId}`);
    // As if it had come between the end of the environment and that of its record.
    at(0).get<Engine>(Engine, { strict: false }).deleted(id);
    expect((await client.closed).code).toBe(1012);
    await rest(0, `/v1/environments/${connectionId}`, 'DELETE');
    await expect(RawSocket.open(url, { token: TOKEN })).rejects.toThrow('404');
  });

  it('C15 a stock listener that comes back to another node although it was replaced is sent to register, and refused', async () => {
    const stock = { deviceId: 'stock', connectionName: 'ci' };
    const register = (index: number, body: object = stock) =>
      rest<RegistrationResponse>(index, '/v1/environments/register', 'POST', body);
    const open = ({ wsUrl }: RegistrationResponse, index: number, channel: string) =>
      RawSocket.open(`${wsUrl.replace(/^ws:..[^/]+/, urlOf(at(index)).replace(/^http/, 'ws'))}&channel=${channel}`, {
        token: TOKEN,
      });
    /** Whatever one node has told the other one before, that knows now. */
    const heard = async (from: number, to: number): Promise<void> => {
      const { cursor } = await rest<EnvironmentChanges>(to, '/v1/environment-changes');
      const connectionName = `after-${cursor}`.slice(0, 40);
      await register(from, { deviceId: connectionName, connectionName });
      await vi.waitFor(async () => {
        const { changed } = await changesSince(to, cursor);
        expect(changed.map((environment) => environment.connectionName)).toContain(connectionName);
      }, 120_000);
    };
    const first = await register(0);
    const old = await open(first, 0, 'control');
    await open(first, 0, 'stream');
    await shown(0);
    const second = await register(1);
    await open(second, 1, 'control');
    await open(second, 1, 'stream');
    expect((await old.closed).code).toBe(1000);
    await heard(0, 1);
    expect((await (await open(first, 1, 'control')).closed).code).toBe(1008);
    await heard(1, 0);
    await expect(register(0)).rejects.toThrow('LISTENER_SUPERSEDED');
    await heard(0, 1);
    expect((await register(1)).connectionId).toBe(first.connectionId);
    // The tests that follow look for the one that is online.
    await rest(1, `/v1/environments/${first.connectionId}`, 'DELETE');
  });
});
