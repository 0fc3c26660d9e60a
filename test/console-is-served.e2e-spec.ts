import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ConsoleFiles } from '../src/relay/web/console-files.js';
import { serveConsole } from '../src/relay/web/serve-console.js';
import { ManualClock } from './kit/manual-clock.js';
import { plainRequest } from './kit/plain-request.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

const SCRIPT = `export const text = '${'long '.repeat(200)}';\n`;
const NONCE = /'nonce-([\w-]{24})'/;

let folder: string;
let server: Server;
let url: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'twinlane-'));
  server = createServer(
    (request, response) =>
      void serveConsole(new ConsoleFiles(pathToFileURL(`${folder}/`)))(request, response, (error) => {
        response.writeHead(error === undefined ? 404 : 500).end();
      }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

async function build(): Promise<void> {
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<meta nonce="{{csp-nonce}}"><style nonce="{{csp-nonce}}"></style>');
  await writeFile(path.join(folder, 'assets/index-abc.js'), SCRIPT);
  await writeFile(path.join(folder, 'assets/index-abc.js.gz'), gzipSync(SCRIPT));
  await writeFile(path.join(folder, 'secret.txt'), 'nothing of the console');
}

it('the page has a Content-Security-Policy with a nonce of its own each time', async () => {
  await build();
  const answers = await Promise.all([plainRequest(`${url}/`), plainRequest(`${url}/?x=1`)]);
  const nonces = answers.map(({ status, headers, body }) => {
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    const [, nonce = ''] = NONCE.exec(policy) ?? [];
    expect(body.toString()).toBe(`<meta nonce="${nonce}"><style nonce="${nonce}"></style>`);
    return nonce;
  });
  expect(new Set(nonces).size).toBe(2);
});

it.each([
  ['gzip, deflate, br', 'gzip'],
  ['br;q=1.0, gzip;q=0.5', 'gzip'],
  ['gzip;q=0', undefined],
  ['identity', undefined],
])('a file comes in a form that %j takes', async (accepted, encoding) => {
  await build();
  const { headers, body } = await plainRequest(`${url}/assets/index-abc.js`, {
    headers: { 'accept-encoding': accepted },
  });
  expect(headers['content-encoding']).toBe(encoding);
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-length': String(body.length),
    vary: 'Accept-Encoding',
  });
  expect((encoding === 'gzip' ? gunzipSync(body) : body).toString()).toBe(SCRIPT);
});

it('HEAD says the same without a body', async () => {
  await build();
  const { status, headers, body } = await plainRequest(`${url}/assets/index-abc.js`, { method: 'HEAD' });
  expect([status, headers['content-length'], body.length]).toEqual([200, String(SCRIPT.length), 0]);
});

it.each([
  '/assets/none.js',
  '/secret.txt',
  '/assets',
  '/../package.json',
  '/%2e%2e/package.json',
  '/assets/../secret.txt',
  '/assets/..%2findex.html',
  '/assets\\..\\index.html',
  '//etc/passwd',
  '/assets/index-abc.js.gz',
])('%s is not there', async (path) => {
  await build();
  expect(await plainRequest(url + path)).toMatchObject({ status: 404 });
});

it('nothing is posted to it', async () => {
  await build();
  expect(await plainRequest(`${url}/`, { method: 'POST' })).toMatchObject({ status: 404 });
});

it('while it is not built, a page says so; once it is, it is there', async () => {
  const before = await plainRequest(`${url}/`);
  expect(before.status).toBe(404);
  expect(before.body.toString()).toContain('npm run build');
  await build();
  expect(await plainRequest(`${url}/`)).toMatchObject({ status: 200 });
});

it('what is built anew while the relay runs is there, and what is gone is not', async () => {
  await build();
  const clock = new ManualClock();
  const files = new ConsoleFiles(pathToFileURL(`${folder}/`), clock);
  expect(await files.find('assets/index-abc.js')).toMatchObject({ immutable: true });
  await rename(path.join(folder, 'assets/index-abc.js'), path.join(folder, 'assets/index-def.js'));
  expect(await files.read('assets/index-abc.js')).toBeUndefined();
  // However often it is asked for what is not there, the folder is read once a second.
  expect(await files.find('assets/index-def.js')).toBeUndefined();
  await clock.advance(1_000);
  expect((await files.find('assets/index-def.js'))?.encodings.size).toBe(0);
  expect((await files.read('assets/index-def.js'))?.toString()).toBe(SCRIPT);
  // What lies beside it later is seen with the next page.
  await writeFile(path.join(folder, 'assets/index-def.js.gz'), gzipSync(SCRIPT));
  await clock.advance(1_000);
  await files.find('index.html');
  expect(await files.find('assets/index-def.js')).toMatchObject({ encodings: new Set(['gzip']) });
  expect(await files.find('assets/index-abc.js')).toBeUndefined();
});

it('a relay answers what is not of the console as before, and serves none of it where that is not wanted', async () => {
  const relays = await Promise.all([true, false].map((console) => RelayUnderTest.start({ console })));
  const [served, bare] = await Promise.all(
    relays.map(async ({ port }) => {
      const [root, other, list] = await Promise.all(
        ['/', '/assets/none.js', '/v1/environments'].map((path) =>
          plainRequest(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } }),
        ),
      );
      return { root, other, list };
    }),
  );
  await Promise.all(relays.map((relay) => relay.close()));
  expect(served?.root?.headers).toHaveProperty('content-security-policy');
  expect(bare?.root?.json).toMatchObject({ errorCode: 'PATH_UNKNOWN' });
  for (const { other, list } of [served, bare].flatMap((one) => (one ? [one] : []))) {
    expect(other?.json).toMatchObject({ errorCode: 'PATH_UNKNOWN' });
    expect(list?.status).toBe(200);
  }
});
