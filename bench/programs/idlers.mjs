// Listener pairs and clients that connect and then do nothing, for the memory they cost a server.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { answer, config, tell } from '../kit/program.mjs';
import { TOKEN } from '../kit/token.mjs';
import { openWire } from '../kit/wire.mjs';
import { openChannel, register } from '../kit/wire-device.mjs';
import { WebSocket } from 'ws';

const { server, plain, part } = config;
const AT_ONCE = 20;
/** Sockets that one address opens; there are about 28,000 ports. */
const SOCKETS_PER_ADDRESS = 4_000;
const CHANNELS = ['control', 'stream'];

const authorization = { authorization: `Bearer ${TOKEN}` };
const environments = [];
const kept = [];
let opened = 0;

/** Every few thousand sockets another of this machine's own addresses. */
function localAddress() {
  return `127.0.${part + 1}.${1 + Math.floor(opened++ / SOCKETS_PER_ADDRESS)}`;
}

/** Whatever comes is read and thrown away. */
function keep(socket) {
  kept.push(socket);
  socket.on('close', () => tell({ lost: true }));
}

async function openPair(index) {
  const name = `device-${part}-${index}`;
  if (plain) {
    for (const channel of CHANNELS) keep(await openPlain(`device/${name}-${channel}`));
    return environments.push(name);
  }
  const { wsUrl, connectionId } = await register(server, name);
  const generation = randomUUID();
  for (const channel of CHANNELS) {
    const socket = await openChannel(wsUrl, channel, generation, { localAddress: localAddress() });
    if (channel === 'stream') socket.send(JSON.stringify({ seq: 1, type: 'journals', heads: [], last: true }));
    keep(socket);
  }
  return environments.push(connectionId);
}

/** One for each environment, on both channels, each with a runtime of its own. */
async function openClient(index, at) {
  const environment = environments[index];
  const client = randomUUID();
  for (const channel of CHANNELS) {
    if (plain) keep(await openPlain(`client/${environment}-${channel}`));
    else {
      const query = new URLSearchParams({ conversationId: `conversation-${index}`, channel, client });
      const url = `${at.replace('http', 'ws')}/v1/environments/${environment}/status/ws?${query}`;
      keep(await openWire(url, { headers: authorization, localAddress: localAddress() }));
    }
  }
}

async function openPlain(path) {
  const socket = new WebSocket(`${server}/${path}`, { perMessageDeflate: false, localAddress: localAddress() });
  await once(socket, 'open');
  return socket;
}

async function openAll(from, to, open) {
  let next = from;
  const work = async () => {
    while (next < to) await open(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

answer({
  pairs: ({ from, to }) => openAll(from, to, openPair),
  /** @param at where they connect, when not at the listeners' server */
  clients: ({ from, to, at = server }) => openAll(from, to, (index) => openClient(index, at)),
});
tell({ ready: true });
