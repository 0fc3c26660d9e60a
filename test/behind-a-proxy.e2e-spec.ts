import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, expect, it } from 'vitest';
import { CliRun, temporaryDirectory } from './kit/cli.js';
import { ConnectProxy } from './kit/connect-proxy.js';
import { TlsFront } from './kit/tls-front.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

/** A name that only the proxy knows. */
const NAME = 'relay.test';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function proxyFor(...names: string[]): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.start(...names);
  closing.push(() => proxy.stop());
  return proxy;
}
async function relay(options: Parameters<typeof startRelay>[0] = {}): Promise<NestExpressApplication> {
  const app = await startRelay(options);
  closing.push(() => app.close());
  return app;
}
function portOf(app: NestExpressApplication): number {
  return Number(new URL(urlOf(app)).port);
}
/** A relay behind TLS, known by a name of the proxy's. */
async function secureRelay(): Promise<TlsFront> {
  const front = await TlsFront.start(NAME);
  closing.push(() => front.stop());
  front.forwardTo(portOf(await relay({ publicUrl: front.url })));
  return front;
}
async function cli(args: readonly string[], env: Record<string, string>): Promise<CliRun> {
  const data = await temporaryDirectory();
  const run = new CliRun(args, { env: { TWINLANE_TOKEN: TOKEN, TWINLANE_DATA_DIR: data.path, ...env } });
  closing.push(async () => {
    run.interrupt();
    await run.exit;
    await data.remove();
  });
  return run;
}
async function listen(env: Record<string, string>): Promise<CliRun> {
  const listener = await cli(['listen', '--name', 'inside', '--mode', 'unrestricted', '--log-level', 'silent'], env);
  await listener.prints('inside, online');
  return listener;
}

it('a listener, attach and environments reach a relay over TLS of a private authority through HTTPS_PROXY', async () => {
  const proxy = await proxyFor(NAME);
  const front = await secureRelay();
  const env = { TWINLANE_SERVER: front.url, TWINLANE_CA_FILE: front.caFile, HTTPS_PROXY: proxy.url };
  await listen(env);
  expect(proxy.asked).toEqual(Array(3).fill(new URL(front.url).host)); // registration and two sockets
  const attached = await cli(['attach', '--', 'echo through'], env);
  expect(await attached.exit).toBe(0);
  expect(attached.out).toBe('through\n');
  const listed = await cli(['environments', '--json'], env);
  expect(await listed.exit).toBe(0);
  expect(JSON.parse(listed.out)).toMatchObject([{ connectionName: 'inside' }]);
});

it('the same without TLS through HTTP_PROXY, which wants a password, and through ALL_PROXY', async () => {
  const proxy = await proxyFor(NAME);
  proxy.credentials = 'ada:s3cret';
  const server = `http://${NAME}:${portOf(await relay())}`;
  const way = proxy.url.replace('//', '//ada:s3cret@');
  await listen({ TWINLANE_SERVER: server, HTTP_PROXY: way });
  const attached = await cli(['attach', '--', 'echo through'], { TWINLANE_SERVER: server, ALL_PROXY: way });
  expect(await attached.exit).toBe(0);
  expect(attached.out).toBe('through\n');
});

it('a private authority is trusted without a proxy too, and an unknown one never', async () => {
  const front = await TlsFront.start('localhost');
  closing.push(() => front.stop());
  front.forwardTo(portOf(await relay({ publicUrl: front.url })));
  const env = { TWINLANE_SERVER: front.url };
  await listen({ ...env, TWINLANE_CA_FILE: front.caFile });
  const known = await cli(['attach', '--ca-file', front.caFile, '--', 'echo secure'], env);
  expect(await known.exit).toBe(0);
  expect(known.out).toBe('secure\n');
  const unknown = await cli(['environments'], env);
  expect(await unknown.exit).toBe(69);
  expect(unknown.stderr.text).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
});

it('NO_PROXY and this machine are reached directly', async () => {
  const proxy = await proxyFor(NAME);
  const env = { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url };
  const exempt = await cli(['environments'], { ...env, NO_PROXY: '.test', TWINLANE_SERVER: `http://${NAME}:7400` });
  expect(await exempt.exit).toBe(69);
  await listen({ ...env, TWINLANE_SERVER: urlOf(await relay()) });
  expect(proxy.asked).toEqual([]);
});

it('says that it was the proxy which refused, and keeps its password to itself', async () => {
  const proxy = await proxyFor(NAME);
  proxy.credentials = 'ada:s3cret';
  const env = { TWINLANE_SERVER: `http://${NAME}:7400`, HTTP_PROXY: proxy.url.replace('//', '//ada:wr0ng@') };
  const refused = await cli(['environments'], env);
  expect(await refused.exit).toBe(69);
  expect(refused.stderr.text).toMatch(
    /the proxy 127\.0\.0\.1:\d+ refused to connect to relay\.test:7400 with HTTP 407; put its user/,
  );
  expect(refused.stderr.text).not.toContain('wr0ng');
});

it('names the variable that holds no proxy, and the file that holds no certificate', async () => {
  const socks = await cli(['environments'], { TWINLANE_SERVER: `http://${NAME}`, ALL_PROXY: 'socks5://ada:x@proxy' });
  expect(await socks.exit).toBe(2);
  expect(socks.stderr.text).toMatch(/^ALL_PROXY names no HTTP proxy/);
  for (const file of ['/nowhere/ca.pem', 'package.json']) {
    const run = await cli(['environments', '--ca-file', file], { TWINLANE_SERVER: `https://${NAME}` });
    expect(await run.exit).toBe(2);
    expect(run.stderr.text).toContain(`The CA file ${file}`);
  }
});
