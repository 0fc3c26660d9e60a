import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Checkup } from '../src/cli/doctor/checkup.js';
import { outbound } from '../src/cli/outbound/outbound.js';
import { SYSTEM_CLOCK } from '../src/protocol/index.js';
import { CliRun, temporaryDirectory } from './kit/cli.js';
import { ConnectProxy } from './kit/connect-proxy.js';
import { FakeServer } from './kit/fake-server.js';
import { TlsFront } from './kit/tls-front.js';
import { startRelay, TOKEN, Twinlane, urlOf } from './kit/twinlane.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Diagnosis {
  readonly exitCode: number;
  readonly ok: boolean;
  readonly proxy: string | null;
  /** By step. */
  readonly state: Readonly<Record<string, string>>;
  /** What the failed step says. */
  readonly complaint: string | undefined;
}

async function doctor(server: string, args: readonly string[] = [], env = {}): Promise<CliRun> {
  const data = await temporaryDirectory();
  closing.push(() => data.remove());
  return new CliRun(['doctor', '--server', server, ...args], {
    env: { TWINLANE_TOKEN: TOKEN, TWINLANE_DATA_DIR: data.path, ...env },
  });
}
async function diagnose(server: string, env = {}): Promise<Diagnosis> {
  const run = await doctor(server, ['--json'], env);
  const exitCode = await run.exit;
  const { ok, proxy, steps } = JSON.parse(run.out) as {
    ok: boolean;
    proxy: string | null;
    steps: { step: string; state: string; detail: string }[];
  };
  const state = Object.fromEntries(steps.map((step) => [step.step, step.state]));
  return { exitCode, ok, proxy, state, complaint: steps.find((step) => step.state === 'failed')?.detail };
}
/** Every step before the one named is fine, and none after it was tried. */
function failedAt(step: string): object {
  const steps = ['resolve', 'reach', 'register', 'control', 'stream', 'round trip', 'clock'];
  const at = steps.indexOf(step);
  return Object.fromEntries(steps.map((name, i) => [name, i < at ? 'ok' : i === at ? 'failed' : 'skipped']));
}

async function relay(options: Parameters<typeof startRelay>[0] = {}): Promise<string> {
  const app = await startRelay(options);
  closing.push(() => app.close());
  return urlOf(app);
}
/** A web server that is no relay. */
async function webServer(answer: (path: string, response: ServerResponse, url: string) => void): Promise<string> {
  const http: Server = createServer((request, response) => answer(request.url ?? '/', response, url));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  closing.push(() => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  });
  return url;
}

describe('twinlane doctor, where all is well', () => {
  it('shows each step, leaves nothing online, and does not touch the listener of this machine', async () => {
    const twinlane = await Twinlane.start();
    closing.push(() => twinlane.close());
    const attachment = await twinlane.attach();
    const run = await doctor(twinlane.url);
    expect(await run.exit).toBe(0);
    expect(run.out.replaceAll(/\d+ (m?s)\b/g, '# $1').replaceAll(/:\d+/g, ':PORT')).toBe(
      [
        'The way to http://127.0.0.1:PORT',
        '',
        '  ok    resolve     127.0.0.1 is an address',
        '  ok    reach       HTTP 200 in # ms',
        '  ok    register    the token is good',
        '  ok    control     open at 127.0.0.1:PORT',
        '  ok    stream      open at 127.0.0.1:PORT',
        '  ok    round trip  control # ms, stream # ms',
        '  ok    clock       at most # s apart',
        '',
        'A listener can work with this relay.',
        '',
      ].join('\n'),
    );
    const online = await twinlane.client().environments({ onlineOnly: true });
    expect(online.map(({ connectionName }) => connectionName)).toEqual(['laptop']);
    expect(attachment.state.phase).toBe('open');
    const again = await doctor(twinlane.url);
    expect(await again.exit).toBe(0);
  });

  it('goes through a proxy, and trusts a private authority', async () => {
    const proxy = await ConnectProxy.start('relay.test');
    closing.push(() => proxy.stop());
    const front = await TlsFront.start('relay.test');
    closing.push(() => front.stop());
    front.forwardTo(Number(new URL(await relay({ publicUrl: front.url })).port));
    const env = { HTTPS_PROXY: proxy.url, TWINLANE_CA_FILE: front.caFile };
    expect(await diagnose(front.url, env)).toMatchObject({ exitCode: 0, ok: true, proxy: new URL(proxy.url).host });
    expect(await diagnose(front.url, { HTTPS_PROXY: proxy.url })).toMatchObject({
      exitCode: 69,
      state: failedAt('reach'),
      complaint: expect.stringContaining('pass that one with TWINLANE_CA_FILE'),
    });
  });
});

describe('twinlane doctor, with a token of one role', () => {
  const made = async (url: string, body: object): Promise<string> => {
    const response = await fetch(`${url}/v1/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return ((await response.json()) as { token: string }).token;
  };

  it('registers under another name where a device may use only some', async () => {
    const url = await relay();
    const token = await made(url, { name: 'ci', role: 'device', environments: ['ci-*'] });
    expect(await diagnose(url, { TWINLANE_TOKEN: token })).toMatchObject({
      exitCode: 77,
      state: failedAt('register'),
      complaint: expect.stringContaining('--probe-name'),
    });
    const env = { TWINLANE_TOKEN: token, TWINLANE_PROBE_NAME: 'ci-doctor' };
    expect(await diagnose(url, env)).toMatchObject({ exitCode: 0, ok: true });
  });

  it('says what the token of a client is for', async () => {
    const url = await relay();
    const token = await made(url, { name: 'ada', role: 'client' });
    expect(await diagnose(url, { TWINLANE_TOKEN: token })).toMatchObject({
      exitCode: 77,
      state: failedAt('register'),
      complaint: expect.stringContaining('Clients work with it'),
    });
  });
});

describe('twinlane doctor, before servers that know only the compatible layer', () => {
  it.each([
    { capabilities: { supportsSplitStatusChannels: true, supportsPairedListenerGenerations: true }, sockets: 2 },
    { capabilities: { supportsSplitStatusChannels: true }, sockets: 2 },
    { capabilities: {}, sockets: 1 },
  ])('finds $sockets sockets with $capabilities, and closes them', async ({ capabilities, sockets }) => {
    const server = await FakeServer.start({ capabilities });
    closing.push(() => server.stop());
    expect(await diagnose(server.url)).toMatchObject({ exitCode: 0, ok: true });
    expect(server.upgrades).toHaveLength(sockets);
    await server.until(() => server.sockets.length === 0);
  });

  it('takes silence on ping from a plain server, and from no other', async () => {
    for (const isPaired of [false, true]) {
      const capabilities = { supportsSplitStatusChannels: true, supportsPairedListenerGenerations: isPaired };
      const server = await FakeServer.start({ capabilities, pong: false });
      closing.push(() => server.stop());
      const way = await outbound(server.url, {}, {});
      const checkup = new Checkup({ server: server.url, token: TOKEN }, way, '/nowhere', SYSTEM_CLOCK, 1_500);
      const failed: string[] = [];
      await checkup.run(async ({ step, state }) => void (state === 'failed' && failed.push(step)));
      expect(failed).toEqual(isPaired ? ['round trip'] : []);
    }
  });

  it('a hello that never comes', async () => {
    const capabilities = { supportsSplitStatusChannels: true, supportsPairedListenerGenerations: true };
    const server = await FakeServer.start({ capabilities, hello: false });
    closing.push(() => server.stop());
    const way = await outbound(server.url, {}, {});
    const checkup = new Checkup({ server: server.url, token: TOKEN }, way, '/nowhere', SYSTEM_CLOCK, 1_500);
    const complaints: string[] = [];
    expect(
      await checkup.run(async ({ step, state, detail }) => {
        if (state === 'failed') complaints.push(`${step}: ${detail}`);
      }),
    ).toBe(69);
    expect(complaints).toEqual([expect.stringMatching(/^control: .* nothing came within 1\.5 s/)]);
  });
});

describe('twinlane doctor names the first thing that fails, and what to do', () => {
  it('no such name', async () => {
    expect(await diagnose('http://relay.invalid:7400')).toMatchObject({
      exitCode: 69,
      ok: false,
      state: failedAt('resolve'),
      complaint: expect.stringMatching(/relay\.invalid: .*DNS/),
    });
  });

  it('nothing listens', async () => {
    expect(await diagnose('http://127.0.0.1:9')).toMatchObject({ exitCode: 69, state: failedAt('reach') });
    const gone = await startRelay();
    const url = urlOf(gone);
    await gone.close();
    expect(await diagnose(url)).toMatchObject({
      exitCode: 69,
      state: failedAt('reach'),
      complaint: expect.stringContaining('nothing listens there; start the relay'),
    });
  });

  it('https where plain http is spoken', async () => {
    const url = (await relay()).replace('http:', 'https:');
    expect(await diagnose(url)).toMatchObject({
      state: failedAt('reach'),
      complaint: expect.stringContaining('the address may want http://'),
    });
  });

  it('a proxy that refuses', async () => {
    const proxy = await ConnectProxy.start('relay.test');
    closing.push(() => proxy.stop());
    proxy.refuse = 403;
    expect(await diagnose('http://relay.test:7400', { HTTP_PROXY: proxy.url })).toMatchObject({
      exitCode: 69,
      state: failedAt('reach'),
      complaint: expect.stringMatching(/refused to connect to relay\.test:7400 with HTTP 403; ask who runs it/),
    });
  });

  it('a proxy that is not there, and one that does not reach the relay', async () => {
    const proxy = await ConnectProxy.start();
    expect((await diagnose('http://relay.invalid:7400', { HTTP_PROXY: proxy.url })).complaint).toMatch(
      /refused to connect to relay\.invalid:7400 with HTTP 502; it does not reach the relay/,
    );
    await proxy.stop();
    expect(await diagnose('http://relay.invalid:7400', { HTTP_PROXY: proxy.url })).toMatchObject({
      exitCode: 69,
      state: failedAt('reach'),
      complaint: expect.stringMatching(
        /^The proxy 127\.0\.0\.1:\d+ is not reached \(ECONNREFUSED\); correct HTTPS_PROXY/,
      ),
    });
  });

  it('a gateway whose relay does not run', async () => {
    const url = await webServer((_, response) => response.writeHead(502).end('<html>'));
    expect(await diagnose(url)).toMatchObject({ state: failedAt('reach'), complaint: expect.stringContaining('502') });
  });

  it('a wrong token', async () => {
    const refused = await diagnose(await relay(), { TWINLANE_TOKEN: 'not-the-right-token' });
    expect(refused).toMatchObject({
      exitCode: 77,
      state: failedAt('register'),
      complaint: expect.stringContaining('set TWINLANE_TOKEN'),
    });
    expect(refused.complaint).not.toContain('not-the-right-token');
  });

  it('something that is no relay', async () => {
    const pages = await webServer((_, response) => response.writeHead(200).end('<html>Welcome</html>'));
    expect(await diagnose(pages)).toMatchObject({
      exitCode: 1,
      state: failedAt('register'),
      complaint: expect.stringContaining('is it the address of a relay (TWINLANE_SERVER)?'),
    });
    const nothing = await webServer((_, response) => response.writeHead(404).end());
    expect((await diagnose(nothing)).complaint).toContain('has no registration endpoint');
  });

  it('something in between that lets no sockets pass', async () => {
    const url = await webServer((path, response, server) => {
      if (!path.endsWith('/register')) return response.writeHead(404).end('<html>');
      const wsUrl = `${server.replace('http', 'ws')}/v1/environments/x/listener/ws?lease=secret`;
      return response.end(JSON.stringify({ connectionId: 'conn-1', wsUrl, supportsSplitStatusChannels: true }));
    });
    const stopped = await diagnose(url);
    expect(stopped).toMatchObject({
      exitCode: 1,
      state: failedAt('control'),
      complaint: expect.stringMatching(/answers HTTP 404 to a WebSocket upgrade: .*Upgrade and Connection headers/),
    });
    expect(stopped.complaint).not.toContain('secret');
  });

  it('sockets without TLS from a relay behind TLS', async () => {
    const front = await TlsFront.start('localhost');
    closing.push(() => front.stop());
    const inside = await relay({ publicUrl: front.url.replace('https', 'http') });
    front.forwardTo(Number(new URL(inside).port));
    expect(await diagnose(front.url, { TWINLANE_CA_FILE: front.caFile })).toMatchObject({
      state: failedAt('register'),
      complaint: expect.stringContaining('TWINLANE_PUBLIC_URL'),
    });
  });

  it('a clock that is wrong', async () => {
    const app = await startRelay();
    closing.push(() => app.close());
    let hours = -2;
    const http: Server = app.getHttpServer();
    http.prependListener('request', (_, response) => {
      response.setHeader('date', new Date(Date.now() + hours * 3_600_000).toUTCString());
    });
    expect(await diagnose(urlOf(app))).toMatchObject({
      exitCode: 1,
      state: failedAt('clock'),
      complaint: expect.stringMatching(/^This machine's clock is 7\d\d\d s ahead of the relay's; set the one/),
    });
    hours = 2;
    expect((await diagnose(urlOf(app))).complaint).toContain('behind');
  });

  it('no token at all', async () => {
    const run = await doctor('http://relay.invalid', [], { TWINLANE_TOKEN: '' });
    expect(await run.exit).toBe(2);
    expect(run.stderr.text).toContain('set TWINLANE_TOKEN or --token');
  });
});
