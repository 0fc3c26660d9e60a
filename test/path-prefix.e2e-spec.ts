import { afterEach, expect, it } from 'vitest';
import { type Captured, CliRun, temporaryDirectory } from './kit/cli.js';
import { plainRequest } from './kit/plain-request.js';
import { PrefixProxy } from './kit/prefix-proxy.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

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
  const proxy = await PrefixProxy.start();
  closing.push(() => proxy.stop());
  const { url } = proxy;
  const relay = await startRelay({ publicUrl: url });
  closing.push(() => relay.close());
  proxy.forwardTo(urlOf(relay));
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
  const proxy = await PrefixProxy.start();
  closing.push(() => proxy.stop());
  const { url } = proxy;
  const relay = await startRelay({ publicUrl: url });
  closing.push(() => relay.close());
  proxy.forwardTo(urlOf(relay));
  const begun = await fetch(`${url}/v1/session`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
  const [cookie = ''] = begun.headers.getSetCookie();
  // Without a path of its own a cookie belongs to the folder of the address that set it, as the browser knows it.
  expect(cookie).not.toMatch(/path=/i);
  const headers = { cookie: cookie.split(';')[0] ?? '', origin: new URL(url).origin };
  expect(await plainRequest(`${url}/v1/environments`, { headers })).toMatchObject({ status: 200 });
});
