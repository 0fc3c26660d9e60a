import { once } from 'node:events';
import { copyFile, readFile } from 'node:fs/promises';
import net from 'node:net';
import { connect, type Server } from 'node:tls';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { WebSocket } from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CertificateFiles, installRelay, RelayModule } from '../src/relay/index.js';
import { type Captured, CliRun, temporaryDirectory } from './kit/cli.js';
import { type CertificateFilesMade, TestAuthority } from './kit/certificates.js';
import { engineOptions } from './kit/engine-under-test.js';
import { TOKEN } from './kit/twinlane.js';

let authority: TestAuthority;
let local: CertificateFilesMade;
beforeAll(async () => {
  authority = await TestAuthority.make();
  local = await authority.issue(['DNS:localhost']);
});
afterAll(() => authority.remove());

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** The command line, with a data directory of its own. */
async function cli(args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  const data = await temporaryDirectory();
  const own = { TWINLANE_TOKEN: TOKEN, TWINLANE_DATA_DIR: data.path, TWINLANE_LOG_LEVEL: 'silent', TWINLANE_PORT: '0' };
  const run = new CliRun(args, { env: { ...own, ...env }, cwd: data.path });
  closing.push(async () => {
    run.interrupt();
    await run.exit;
    await data.remove();
  });
  return run;
}
async function role(args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  const run = await cli(args, env);
  await Promise.race([(run.stdout as Captured).shows('Ctrl-C stops.'), run.exit]);
  return run;
}
const withTls = ({ cert, key }: CertificateFilesMade): string[] => ['--tls-cert', cert, '--tls-key', key];
const urlIn = ({ out }: CliRun): string => /https:\S+/.exec(out)?.[0] ?? '';

describe('twinlane over TLS', () => {
  it('a listener and attach reach a relay that shows a certificate of a private authority', async () => {
    const relay = await role(['relay', ...withTls(local)]);
    const server = urlIn(relay);
    expect(relay.out).toMatch(/relay +https:\/\/localhost:\d+\n/);
    const env = { TWINLANE_SERVER: server };
    const trusting = ['--ca-file', authority.caFile];
    await role(['listen', '--name', 'secure', '--mode', 'unrestricted', ...trusting], env);
    const attach = await cli(['attach', ...trusting, '--', 'echo over TLS'], env);
    expect([await attach.exit, attach.out]).toEqual([0, 'over TLS\n']);

    const unknown = await cli(['environments'], env);
    expect(await unknown.exit).toBe(69);
    expect(unknown.stderr.text).toContain('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    const { port } = new URL(server);
    const health = await cli(['health', '--port', port, '--tls-cert', local.cert]);
    expect([await health.exit, health.out]).toEqual([0, `https://127.0.0.1:${port} is ready\n`]);
  });

  it('start is a relay with a certificate and a listener of it, too', async () => {
    const start = await role(['start', ...withTls(local), '--ca-file', authority.caFile]);
    expect(start.out).toMatch(/relay +https:\/\/localhost:\d+\n/);
    expect(start.out).toMatch(/environment +\S+, online/);
  });

  it('what cannot be used is said before anything listens', async () => {
    const other = await authority.issue(['DNS:other']);
    for (const [args, says] of [
      [['--tls-cert', local.cert], 'A certificate needs its key: set TWINLANE_TLS_KEY or --tls-key too.'],
      [['--tls-key', local.key], 'A key needs its certificate: set TWINLANE_TLS_CERT or --tls-cert too.'],
      [
        withTls({ ...local, cert: '/nowhere' }),
        'The certificate /nowhere cannot be read (ENOENT). Correct TWINLANE_TLS_CERT',
      ],
      [withTls({ ...local, key: other.key }), 'does not belong to the certificate'],
    ] as const) {
      const run = await cli(['relay', ...args]);
      expect(await run.exit).toBe(2);
      expect(run.stderr.text).toContain(says);
    }
  });
});

describe('a relay with a certificate', () => {
  /** As a program of one's own would do it. */
  async function start() {
    const live = { cert: authority.at('live.pem'), key: authority.at('live.key') };
    await copyFile(local.cert, live.cert);
    await copyFile(local.key, live.key);
    const files = await CertificateFiles.open(live);
    const relay = RelayModule.forRoot({ tokens: [TOKEN], ...engineOptions() });
    const app = await NestFactory.create<NestExpressApplication>(relay, {
      httpsOptions: files.pair,
      logger: false,
    });
    installRelay(app);
    await app.listen(0, '127.0.0.1');
    closing.push(() => app.close());
    const server = app.getHttpServer() as unknown as Server;
    const { port } = server.address() as net.AddressInfo;
    return { live, files, server, port, ca: await readFile(authority.caFile, 'utf8') };
  }
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

  it('takes a new one over for those who come, and cuts nobody off', async () => {
    const { live, files, server, port, ca } = await start();
    const shown = async (): Promise<string> => {
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const { Agent, fetch } = await import('undici');
    const dispatcher = new Agent({ connect: { ca } });
    closing.push(() => dispatcher.close());
    const answer = await fetch(`https://localhost:${port}/v1/environments/register`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ deviceId: 'device-1', connectionName: 'laptop' }),
      dispatcher,
    });
    const { wsUrl } = (await answer.json()) as { wsUrl: string };
    expect(wsUrl).toMatch(new RegExp(`^wss://localhost:${port}/`));
    const socket = new WebSocket(wsUrl, { headers, ca });
    closing.push(async () => socket.terminate());
    await once(socket, 'open');

    const before = await shown();
    const renewed = await authority.issue(['DNS:localhost']);
    await copyFile(renewed.cert, live.cert);
    await copyFile(renewed.key, live.key);
    await files.check(server);
    expect(await shown()).not.toBe(before);
    const pong = once(socket, 'message');
    socket.send(JSON.stringify({ type: 'ping' }));
    expect(String((await pong)[0])).toContain('"pong"');
  });

  it('C29 ends what speaks no TLS, and counts it', async () => {
    const { port, ca } = await start();
    for (const bytes of ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', '\u0016\u0003\u0001nonsense that is no hello']) {
      const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.on('error', () => {});
      socket.resume();
      await once(socket, 'close');
    }
    const { Agent, fetch } = await import('undici');
    const dispatcher = new Agent({ connect: { ca } });
    closing.push(() => dispatcher.close());
    const metrics = await (await fetch(`https://localhost:${port}/metrics`, { headers, dispatcher })).text();
    expect(metrics.includes('twinlane_relay_refusals_total{at="http",code="BAD_REQUEST"} 2\n')).toBe(true);
  });
});
