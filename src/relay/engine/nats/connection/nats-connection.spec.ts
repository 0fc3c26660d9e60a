import { millis } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TestAuthority } from '../../../../../test/kit/certificates.js';
import { freePort } from '../../../../../test/kit/free-port.js';
import { NATS_SKIPPED, NatsServer, type NatsServerOptions } from '../../../../../test/kit/nats-server.js';
import { SYSTEM_CLOCK } from '../../../../protocol/index.js';
import { NatsConnection, type NatsState } from './nats-connection.js';
import { NatsError } from './nats.error.js';
import { NatsOptions } from './nats.options.js';

const ends: (() => Promise<void>)[] = [];

beforeEach(() => Logger.overrideLogger(false));

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  Logger.overrideLogger(['error', 'warn', 'log']);
});

async function startServer(options?: NatsServerOptions): Promise<NatsServer> {
  const server = await NatsServer.start(options);
  ends.push(() => server.dispose());
  return server;
}

async function open(engine: string, options: Partial<NatsOptions> = {}): Promise<NatsConnection> {
  const settings = { engine, nodeName: 'one', options: Object.assign(new NatsOptions(), options) };
  const connection = await NatsConnection.open(settings, SYSTEM_CLOCK);
  ends.push(() => connection.close());
  return connection;
}

/** Until the connection is so. */
function until(connection: NatsConnection, wanted: NatsState): Promise<void> {
  return vi.waitFor(() => expect(connection.state).toBe(wanted), { timeout: 60_000 });
}

/** Resolves with what the connection tells next. */
function told(connection: NatsConnection): Promise<NatsState> {
  return new Promise((resolve) => {
    const end = connection.watch((state) => {
      end();
      resolve(state);
    });
  });
}

describe.skipIf(NATS_SKIPPED)(`NatsConnection${NATS_SKIPPED ? `: ${NATS_SKIPPED}` : ''}`, () => {
  it('connects, and knows what the server takes', async () => {
    const server = await startServer();
    const connection = await open(server.url);
    expect(connection.state).toBe('connected');
    expect(connection.maxPayload).toBe(1024 * 1024);
  });

  it('tries again at the start while nobody leads what was just made', async () => {
    const server = await startServer();
    const connection = await open(server.url, { reconnectMs: 1 });
    let tries = 0;
    const asks = connection.patiently(async () => {
      // No stream takes this: what a cluster says of one without a leader.
      if (++tries < 3) await connection.jetstream.publish('taken.by.nobody');
      return 'led';
    });
    expect(await asks).toBe('led');
    expect(tries).toBe(3);
  });

  it('tries no longer than it may, and nothing again that was refused', async () => {
    const server = await startServer();
    const connection = await open(server.url, { reconnectMs: 1, firstConnectMs: 0 });
    await expect(connection.patiently(() => connection.jetstream.publish('taken.by.nobody'))).rejects.toThrow(
      NatsError,
    );
    const refuses = connection.patiently(() => Promise.reject(new Error('refused')));
    await expect(refuses).rejects.toThrow(/refused/);
  });

  it('knows what the server took while it is away', async () => {
    const server = await startServer();
    const connection = await open(server.url, { reconnectMs: 20 });
    await server.kill();
    // It tries again by then.
    await vi.waitFor(() => expect(connection.core.info).toBeUndefined(), { timeout: 60_000 });
    expect(connection.maxPayload).toBe(1024 * 1024);
  });

  it('tells that the server went away and came back; buckets and subscriptions hold', async () => {
    const server = await startServer();
    const connection = await open(server.url, { reconnectMs: 20 });
    const bucket = await connection.bucket('kept');
    const revision = await bucket.put('key', 'value');
    const heard = connection.core.subscribe('hello', { max: 1 });

    const away = told(connection);
    await server.kill();
    expect(await away).toBe('away');
    const back = told(connection);
    await server.again();
    expect(await back).toBe('connected');

    expect((await bucket.get('key'))?.revision).toBe(revision);
    connection.core.publish('hello', 'again');
    for await (const message of heard) expect(message.string()).toBe('again');
  });

  it('notices a server that stands still', async () => {
    const server = await startServer();
    const connection = await open(server.url, { pingMs: 50, reconnectMs: 20 });
    server.freeze();
    await until(connection, 'away');
    server.thaw();
    await until(connection, 'connected');
  });

  it('waits for a server that is not there yet', async () => {
    const port = await freePort();
    const opening = open(`nats://127.0.0.1:${port}`, { reconnectMs: 20 });
    await startServer({ port });
    expect((await opening).state).toBe('connected');
  });

  it('says what to do when there is no server', async () => {
    const port = await freePort();
    await expect(open(`nats://127.0.0.1:${port}`, { firstConnectMs: 0 })).rejects.toThrow(
      new RegExp(`^NATS at 127.0.0.1:${port} cannot be reached .*: start nats-server, or correct TWINLANE_ENGINE\\.$`),
    );
  });

  it('does not wait for long for what takes a connection and says nothing', { timeout: 15_000 }, async () => {
    const silent = createServer((socket) => ends.push(async () => void socket.destroy()));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    ends.push(() => new Promise((resolve) => silent.close(() => resolve())));
    const { port } = silent.address() as AddressInfo;
    const refused = open(`nats://127.0.0.1:${port}`, { firstConnectMs: 0, answerMs: 50 });
    await expect(refused).rejects.toThrow(/did not answer in time .*: it is overloaded or away, or no NATS\.$/);
  });

  it('says what to do when the server refuses', async () => {
    const server = await startServer({ args: ['--user', 'relay', '--pass', 'right'] });
    const at = server.url.replace('//', '//relay:wrong@');
    const refused = open(at, { firstConnectMs: 0 });
    await expect(refused).rejects.toThrow(/refuses who connects .* credentials file/);
    await expect(refused).rejects.toBeInstanceOf(NatsError);
    expect((await open(at.replace('wrong', 'right'))).state).toBe('connected');
  });

  it('connects over TLS, with a certificate of its own', async () => {
    const authority = await TestAuthority.make();
    ends.push(() => authority.remove());
    // The library looks for this name where it is told an address of numbers.
    const its = await authority.issue(['DNS:localhost', 'IP:127.0.0.1']);
    const ours = await authority.issue(['DNS:node']);
    const tls = ['--tls', '--tlscert', its.cert, '--tlskey', its.key, '--tlsverify', '--tlscacert', authority.caFile];
    const { port } = await startServer({ args: tls });
    const options = { caFile: authority.caFile, certFile: ours.cert, keyFile: ours.key };
    expect((await open(`tls://127.0.0.1:${port}`, options)).state).toBe('connected');
    await expect(open(`tls://127.0.0.1:${port}`, { firstConnectMs: 0 })).rejects.toThrow(/cannot be reached/);
  });

  it('says which file of credentials it cannot read', async () => {
    const { url } = await startServer();
    const refused = open(url, { credentialsFile: '/nowhere/node.creds', firstConnectMs: 0 });
    await expect(refused).rejects.toThrow(
      /cannot be asked .*\/nowhere\/node\.creds.*: correct the file of credentials/,
    );
  });

  it('makes a stream, and gives it what differs', async () => {
    const connection = await open((await startServer()).url);
    const wanted = { name: 'LINES', subjects: ['lines.>'] };
    const [made] = await Promise.all([connection.stream(wanted), connection.stream(wanted)]);
    expect(made.config.max_bytes).toBe(-1);
    const changed = await connection.stream({ ...wanted, max_bytes: 1_000 });
    expect(changed.config).toMatchObject({ max_bytes: 1_000, subjects: ['lines.>'] });
  });

  it('gives a bucket the time that its nodes want now', async () => {
    const connection = await open((await startServer()).url);
    const maxAgeMs = async (): Promise<number> =>
      millis((await connection.manager.streams.info('KV_nodes')).config.max_age);
    for (const ttlMs of [10_000, 30_000, 5_000]) {
      await connection.bucket('nodes', { ttlMs });
      expect(await maxAgeMs()).toBe(ttlMs);
    }
    await connection.bucket('nodes');
    expect(await maxAgeMs()).toBe(0);
  });

  it('tells everybody that it is back, whoever fails on that', async () => {
    const server = await startServer();
    const connection = await open(server.url, { reconnectMs: 20 });
    connection.watch(() => {
      throw new Error('no');
    });
    const away = told(connection);
    await server.kill();
    expect(await away).toBe('away');
    const back = told(connection);
    await server.again();
    expect(await back).toBe('connected');
  });

  it('ends although the server stands still', async () => {
    const server = await startServer();
    const connection = await open(server.url, { pingMs: 60_000, answerMs: 100 });
    server.freeze();
    await connection.close();
    expect(connection.core.isClosed()).toBe(true);
  });

  it('says what cannot be done', async () => {
    const connection = await open((await startServer()).url, { replicas: 3 });
    await expect(connection.bucket('three')).rejects.toThrow(/too few servers \(replicas > 1.*\).*NATS_REPLICAS/);
  });

  it('more copies of what is there are not taken for kept by a server in no cluster', async () => {
    const { url } = await startServer();
    const wanted = { name: 'SOME', subjects: ['some'] };
    const one = await open(url);
    await one.stream(wanted);
    await one.bucket('some');
    const three = await open(url, { replicas: 3 });
    await expect(three.stream(wanted)).rejects.toThrow(/keeps one copy of SOME, not 3.*NATS_REPLICAS/);
    await expect(three.bucket('some')).rejects.toThrow(/keeps one copy of KV_some, not 3/);
  });
});
