import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { CliRun, Captured, temporaryDirectory } from './kit/cli.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  const data = await temporaryDirectory();
  const cli = new CliRun([...args, '--data-dir', data.path, '--log-level', 'silent'], { env, cwd: data.path });
  cleanUps.push(
    () => data.remove(),
    async () => {
      cli.interrupt();
      await cli.exit;
    },
  );
  return cli;
}

async function printed(cli: CliRun, pattern: RegExp): Promise<string> {
  if (!(cli.stdout instanceof Captured)) throw new Error('standard output is not captured');
  await cli.stdout.shows('Ctrl-C stops');
  const found = pattern.exec(cli.out)?.[1];
  if (found === undefined) throw new Error(`not there: ${String(pattern)} in ${cli.out}`);
  return found;
}

async function health(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const cli = new CliRun(['health', ...args]);
  return { code: await cli.exit, out: cli.out, err: cli.stderr.text };
}

async function get(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

/** The status line for a request target that no URL parser takes. */
async function rawGet(port: number, target: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return head.toString().split('\r\n')[0] ?? '';
}

describe('the health port', () => {
  it('of a listener serves /healthz, /readyz and /metrics, and says so when the link is down', async () => {
    const relay = await startRelay();
    const env = { TWINLANE_SERVER: urlOf(relay), TWINLANE_TOKEN: TOKEN };
    const listener = await run(['listen', '--health-port', '0'], env);
    const base = await printed(listener, /health +(http:\S+)\/readyz/);
    expect(await get(`${base}/healthz`)).toEqual({ status: 200, text: '{"status":"ok"}' });
    expect(await get(`${base}/readyz`)).toEqual({ status: 200, text: '{"status":"ok"}' });
    const { text } = await get(`${base}/metrics`);
    expect(text).toContain('twinlane_listener_link_ready 1');
    expect(text).toContain('process_resident_memory_bytes');
    expect((await get(`${base}/other`)).status).toBe(404);
    expect(await rawGet(Number(new URL(base).port), '//')).toContain('404');
    expect((await fetch(`${base}/readyz`, { method: 'POST' })).status).toBe(405);
    const port = new URL(base).port;
    expect(await health(['--health-port', port])).toMatchObject({ code: 0 });

    await relay.close();
    await expect.poll(() => get(`${base}/readyz`)).toMatchObject({ status: 503 });
    expect((await get(`${base}/healthz`)).status).toBe(200);
    const unready = await health(['--health-port', port]);
    expect(unready).toMatchObject({ code: 1, out: '' });
    expect(unready.err).toMatch(/is not ready: The link to the relay is (offline|connecting)/);
  });

  it('of a relay, and of both roles in one process, too', async () => {
    const both = await run(['start', '--port', '0', '--health-port', '0']);
    const base = await printed(both, /health +(http:\S+)\/readyz/);
    expect((await get(`${base}/readyz`)).status).toBe(200);
    const { text } = await get(`${base}/metrics`);
    expect(text).toMatch(/^twinlane_relay_connections\{peer="listener",channel="control"\} 1$/m);
    expect(text).toMatch(/^twinlane_listener_connections\{channel="control"\} 1$/m);
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('that is taken is told with what to do, and nothing is left running', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    cleanUps.push(async () => other.close());
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const relay = await run(['relay', '--port', '0', '--health-port', port]);
    expect(await relay.exit).toBe(1);
    expect(relay.stderr.text).toMatch(/The health port cannot listen.*--health-port or TWINLANE_HEALTH_PORT/);
  });
});

describe('twinlane health', () => {
  it('asks a relay on its own port where it has no health port', async () => {
    const relay = await run(['relay', '--port', '0']);
    const port = await printed(relay, /relay +http:\/\/127\.0\.0\.1:(\d+)/);
    expect(await health(['--port', port])).toMatchObject({ code: 0, out: `http://127.0.0.1:${port} is ready\n` });
    expect(await health(['--host', '0.0.0.0', '--port', port])).toMatchObject({ code: 0 });
  });

  it('exits 69 when nothing answers, and says what to look at', async () => {
    const nobody = await health(['--port', '1']);
    expect(nobody.code).toBe(69);
    expect(nobody.err).toContain('TWINLANE_HEALTH_PORT');
  });
});
