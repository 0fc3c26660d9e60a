// What stands before relay nodes: passes connections on as they are, each to a node that is in service, which is one whose `/readyz` says so.
import http from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { answer, config, tell } from '../kit/program.mjs';

const { ports, choose, healthEveryMs } = config;
const HEALTH_MS = 3_000;
const ENVIRONMENT = /^[A-Z]+ \/v1\/environments\/([^/ ?]+)\//;

const inService = new Set(ports);
let turn = 0;

/** The nodes to try, best first. */
function chosen(head) {
  const ready = ports.filter((port) => inService.has(port));
  const candidates = ready.length > 0 ? ready : ports;
  const [, environment] = (choose === 'environment' && ENVIRONMENT.exec(head)) || [];
  if (environment !== undefined) return candidates.toSorted((a, b) => weight(environment, b) - weight(environment, a));
  turn++;
  return candidates.map((_, index) => candidates[(turn + index) % candidates.length]);
}

/** Rendezvous hashing: a node that comes or goes moves only its own share. */
function weight(environment, port) {
  let hash = port;
  for (const char of environment) hash = Math.imul(hash ^ char.codePointAt(0), 0x9e3779b1);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Undefined where nobody listens. */
function dial(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

async function take(client, head) {
  for (const port of chosen(head.toString('latin1'))) {
    const server = await dial(port);
    if (!server) continue;
    server.on('error', () => server.destroy());
    // What has been read of one side is written to the other one before that closes.
    client.on('close', () => server.destroySoon());
    server.on('close', () => client.destroySoon());
    if (client.destroyed) return server.destroy();
    server.write(head);
    client.pipe(server).pipe(client);
    return undefined;
  }
  return client.destroy();
}

const server = createServer({ noDelay: true }, (client) => {
  client.on('error', () => client.destroy());
  client.once('data', (head) => {
    client.pause();
    void take(client, head);
  });
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () =>
  tell({ ready: `http://127.0.0.1:${server.address().port}` }),
);

function isReady(port) {
  return new Promise((resolve) => {
    const asked = http.get(
      { port, host: '127.0.0.1', path: '/readyz', agent: false, timeout: HEALTH_MS },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
  });
}

async function watch(port) {
  for (;;) {
    if (await isReady(port)) inService.add(port);
    else inService.delete(port);
    await after(healthEveryMs);
  }
}
for (const port of ports) void watch(port);

answer({ inService: () => [...inService] });
