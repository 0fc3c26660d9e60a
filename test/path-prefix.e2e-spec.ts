import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type Captured, CliRun, temporaryDirectory } from './kit/cli.js';
import { plainRequest } from './kit/plain-request.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const PREFIX = '/prefix';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A proxy that serves under a path what it is told to, and takes the path off. @returns its address and how to say where to */
async function prefixProxy(): Promise<{ url: string; forwardTo: (url: string) => void }> {
  let target = '';
  const onward = ({ url = '', method, headers }: IncomingMessage) => {
    const path = url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length) : '/outside';
    return send(target + path, { method, headers });
  };
  const proxy = createServer((incoming, answer) => {
    const forwarded = incoming.pipe(onward(incoming));
    forwarded.on('error', () => answer.destroy());
    forwarded.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 0, response.headers);
      response.pipe(answer);
    });
  });
  proxy.on('upgrade', (incoming: IncomingMessage, front: Socket) => {
    const forwarded = onward(incoming);
    front.on('error', () => forwarded.destroy());
    forwarded.on('error', () => front.destroy());
    forwarded.on('upgrade', ({ rawHeaders }, back: Socket, head) => {
      const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}\r\n`] : []));
      front.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      front.write(head);
      back.on('error', () => front.destroy());
      front.once('close', () => back.destroy());
      back.once('close', () => front.destroy());
      front.pipe(back).pipe(front);
    });
    forwarded.end();
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  closing.push(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
  const { port } = proxy.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}${PREFIX}`, forwardTo: (url) => (target = url) };
}
async function cli(args: readonly string[], server: string): Promise<CliRun> {
  const data = await temporaryDirectory();
  const env = { TWINLANE_TOKEN: TOKEN, TWINLANE_DATA_DIR: data.path, TWINLANE_SERVER: server };
  const run = new CliRun(args, { env, cwd: data.path });
  closing.push(async () => {
    run.interrupt();
    await run.exit;
    await data.remove();
  });
  return run;
}

it('a relay stands under a path, for its listener, attach, environments, doctor and whoever wants its documents', async () => {
  const { url, forwardTo } = await prefixProxy();
  const relay = await startRelay({ publicUrl: url });
  closing.push(() => relay.close());
  forwardTo(urlOf(relay));
  const listen = await cli(['listen', '--name', 'below', '--mode', 'unrestricted', '--log-level', 'silent'], url);
  await (listen.stdout as Captured).shows('below, online');
  const attach = await cli(['attach', '--', 'echo under a path'], url);
  expect([await attach.exit, attach.out]).toEqual([0, 'under a path\n']);
  const listed = await cli(['environments', '--json'], url);
  expect(await listed.exit).toBe(0);
  expect(JSON.parse(listed.out)).toMatchObject([{ connectionName: 'below' }]);
  const doctor = await cli(['doctor'], url);
  expect(await doctor.exit).toBe(0);
  for (const name of ['openapi.json', 'asyncapi.json'])
    expect(await fetch(`${url}/v1/${name}`)).toMatchObject({ status: 200 });
  expect(await fetch(`${new URL(url).origin}/v1/openapi.json`)).toMatchObject({ status: 404 });
});

it('sessions of browsers stand under a path too', async () => {
  const { url, forwardTo } = await prefixProxy();
  const relay = await startRelay({ publicUrl: url });
  closing.push(() => relay.close());
  forwardTo(urlOf(relay));
  const begun = await fetch(`${url}/v1/session`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
  const [cookie = ''] = begun.headers.getSetCookie();
  // Without a path of its own a cookie belongs to the folder of the address that set it, as the browser knows it.
  expect(cookie).not.toMatch(/path=/i);
  const headers = { cookie: cookie.split(';')[0] ?? '', origin: new URL(url).origin };
  expect(await plainRequest(`${url}/v1/environments`, { headers })).toMatchObject({ status: 200 });
});
