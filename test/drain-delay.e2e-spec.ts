import { afterEach, expect, it } from 'vitest';
import { RawSocket } from './kit/raw-socket.js';
import { PROCESS_TOKEN, RelayProcess } from './kit/relay-process.js';

/** Longer than any test: only a second signal ends it. */
const FOR_EVER_MS = 3_600_000;

let relay: RelayProcess;
afterEach(() => relay.dispose());

async function stops(drainDelayMs: number): Promise<RawSocket> {
  relay = await RelayProcess.start({ TWINLANE_DRAIN_DELAY_MS: String(drainDelayMs) });
  const { wsUrl } = await relay.register({ deviceId: 'device-1' });
  const socket = await RawSocket.open(wsUrl, { token: PROCESS_TOKEN });
  relay.asksToStop();
  return socket;
}

async function notReady(): Promise<void> {
  await expect.poll(() => relay.rest('/readyz'), { timeout: 60_000 }).toMatchObject({ status: 503 });
}

it('C26 a relay that is to drain later is not ready, and works as before; a second signal ends it', async () => {
  const socket = await stops(FOR_EVER_MS);
  await notReady();
  socket.send({ type: 'ping' });
  await socket.seen('pong');
  const { wsUrl } = await relay.register({ deviceId: 'device-2', connectionName: 'another' });
  const late = await RawSocket.open(wsUrl, { token: PROCESS_TOKEN });
  late.send({ type: 'ping' });
  await late.seen('pong');
  expect((await relay.rest('/readyz')).body).toMatchObject({ errorCode: 'DRAINING' });
  expect((await relay.stop()).code).not.toBe(0);
});

it('C26 after that it closes its sockets, and ends', async () => {
  const socket = await stops(1_000);
  expect(await socket.closed).toMatchObject({ code: 1012 });
  expect((await relay.ended()).code).toBe(0);
});
