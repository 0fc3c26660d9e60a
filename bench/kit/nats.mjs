// A nats-server with JetStream, which ends with the bench; its data go, too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { atExit, temporaryDirectory } from './at-exit.mjs';

/** Where Debian puts it, which is on nobody's `PATH` but root's. */
const DEBIAN = '/usr/sbin/nats-server';
const START_MS = 30_000;

/** @param args beside its own @returns `{ url, pid, stop() }` */
export async function startNats({ args = [] } = {}) {
  const store = temporaryDirectory();
  const own = ['--addr', '127.0.0.1', '--port', '-1', '--jetstream', '--store_dir', store];
  const child = spawn(natsServer(), [...own, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
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
    async stop() {
      child.kill('SIGKILL');
      await ended;
      undo();
    },
  };
}

function natsServer() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const named = [process.env.NATS_SERVER_PATH, ...folders.map((folder) => path.join(folder, 'nats-server')), DEBIAN];
  const found = named.find((file) => file !== undefined && existsSync(file));
  if (found === undefined)
    throw new Error('No nats-server: run test/kit/install-nats-server.sh, or name one in NATS_SERVER_PATH.');
  return found;
}
