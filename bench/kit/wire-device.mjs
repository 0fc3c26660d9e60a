// A device of the resumable protocol, with nothing behind it.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { TOKEN } from './token.mjs';

const HEARTBEAT_MS = 20_000;

/** Registers at a relay. @returns its answer */
export async function register(server, deviceId) {
  const response = await fetch(`${server}/v1/environments/register`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      deviceId,
      connectionName: deviceId,
      metadata: {
        environmentMessageProtocol: 'v2-input',
        supportsPairedListenerGenerations: true,
        supportsResumableChannels: true,
        eventSeqScope: 'runtime',
        processInstanceId: randomUUID(),
      },
    }),
  });
  if (!response.ok) throw new Error(`${deviceId}: HTTP ${response.status} ${await response.text()}`);
  return response.json();
}

/** Opens one socket of a pair. @param socketOptions of npm `ws` */
export async function openChannel(wsUrl, channel, generation, socketOptions = {}) {
  const query = `&channel=${channel}&connectionGeneration=${generation}&connectionAttempt=1`;
  const socket = new WebSocket(`${wsUrl}${query}`, {
    perMessageDeflate: false,
    headers: { authorization: `Bearer ${TOKEN}` },
    ...socketOptions,
  });
  // The first message is `listener_ready`.
  await once(socket, 'message');
  // A listener says regularly that it lives; the relay lets go of one that does not.
  const heartbeat = setInterval(() => socket.send('{"type":"ping"}'), HEARTBEAT_MS);
  heartbeat.unref();
  socket.on('close', () => clearInterval(heartbeat));
  return socket;
}
