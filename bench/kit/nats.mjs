// A nats-server with JetStream, or a cluster of some, which end with the bench; their data go, too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { atExit, temporaryDirectory } from './at-exit.mjs';

/** Where Debian puts it, which is on nobody's `PATH` but root's. */
const DEBIAN = '/usr/sbin/nats-server';
const START_MS = 30_000;

/**
 * @param servers that form a cluster; one stands alone @param args beside their own
 * @param isProfiled whether their heaps can be asked for
 * @returns `{ url, pids, heapBytes(), stop() }`, the url as `TWINLANE_ENGINE` takes it
 */
export async function startNats({ servers = 1, isProfiled = false, args = [] } = {}) {
  const ports = servers === 1 ? [] : await Promise.all(Array.from({ length: servers }, freePort));
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`);
  const ofCluster = (route, index) => [
    `--server_name=server-${index + 1}`,
    '--cluster_name=bench',
    `--cluster=${route}`,
    `--routes=${routes.join(',')}`,
  ];
  const all = await Promise.all(
    Array.from({ length: servers }, async (_, index) => {
      const cluster = servers === 1 ? [] : ofCluster(routes[index], index);
      return startServer([...cluster, ...args], isProfiled ? await freePort() : undefined);
    }),
  );
  return {
    url: all.map(({ url }) => url).join(','),
    pids: all.map(({ pid }) => pid),
    /** What is in use in the heaps of all of them, in bytes, when all garbage is collected. */
    heapBytes: async () => {
      let bytes = 0;
      for (const { profilePort } of all) bytes += await heapBytesOf(profilePort);
      return bytes;
    },
    stop: () => Promise.all(all.map((server) => server.stop())),
  };
}

async function startServer(args, profilePort) {
  const store = temporaryDirectory();
  const own = ['--addr', '127.0.0.1', '--port', '-1', '--jetstream', '--store_dir', store];
  const profile = profilePort === undefined ? [] : ['--profile', String(profilePort)];
  const child = spawn(natsServer(), [...own, ...profile, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const undo = atExit(() => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  const port = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nats-server is not ready: ${said}`)), START_MS);
    let said = '';
    // Its log; what comes later is read too, or it would wait for a reader.
    child.stderr.on('data', (part) => {
      if (said === undefined) return;
      said += part;
      const [, found] = /client connections on [^\s]+:(\d+)/.exec(said) ?? [];
      if (found === undefined || !said.includes('Server is ready')) return;
      clearTimeout(timer);
      said = undefined;
      resolve(Number(found));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}: ${said}`)));
  });
  return {
    url: `nats://127.0.0.1:${port}`,
    pid: child.pid,
    profilePort,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      undo();
    },
  };
}

async function heapBytesOf(profilePort) {
  // Twice: what has a finalizer goes with the second collection.
  let text = '';
  for (let time = 0; time < 2; time++)
    text = await (await fetch(`http://127.0.0.1:${profilePort}/debug/pprof/heap?gc=1&debug=1`)).text();
  const [, bytes] = /^# HeapAlloc = (\d+)$/m.exec(text) ?? [];
  if (bytes === undefined) throw new Error('nats-server does not say what its heap holds');
  return Number(bytes);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function natsServer() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const named = [process.env.NATS_SERVER_PATH, ...folders.map((folder) => path.join(folder, 'nats-server')), DEBIAN];
  const found = named.find((file) => file !== undefined && existsSync(file));
  if (found === undefined)
    throw new Error('No nats-server: run test/kit/install-nats-server.sh, or name one in NATS_SERVER_PATH.');
  return found;
}
