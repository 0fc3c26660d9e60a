import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Engine } from '../src/relay/engine/engine.js';
import { AccessService } from '../src/relay/index.js';
import { rawUpgrade } from './kit/raw-socket.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

async function begin() {
  const relay = await startRelay();
  onTestFinished(() => relay.close());
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(`${urlOf(relay)}/v1/environments/register`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ deviceId: 'device-1', connectionName: 'laptop' }),
  });
  const { connectionId } = (await answer.json()) as { connectionId: string };
  const path = `/v1/environments/${connectionId}/status/ws`;
  const { port } = relay.getHttpServer().address() as AddressInfo;
  return { relay, headers, path, port };
}

it('a socket opens once whoever is behind it is served: it misses nothing from then on', async () => {
  const { relay, headers, path } = await begin();
  const engine = relay.get(Engine);
  let serve = (): void => {};
  const served = new Promise<void>((resolve) => (serve = resolve));
  const prepare = vi.spyOn(engine, 'prepare').mockReturnValue(served);
  const taken = vi.spyOn(engine, 'client');
  const socket = new WebSocket(`${urlOf(relay).replace('http', 'ws')}${path}`, { headers });
  const isOpen = once(socket, 'open');
  await vi.waitFor(() => expect(prepare).toHaveBeenCalledOnce(), 60_000);
  expect([socket.readyState, taken.mock.calls]).toEqual([WebSocket.CONNECTING, []]);
  serve();
  await isOpen;
  await vi.waitFor(() => expect(taken).toHaveBeenCalledOnce(), 60_000);
  // The same that was prepared for.
  expect(taken.mock.calls[0]?.[1]).toBe(prepare.mock.calls[0]?.[0].admitted);
  socket.terminate();
});

it('a peer that gives up while it is waited for is gone at once', async () => {
  const { relay, path, port } = await begin();
  let serve = (): void => {};
  const served = new Promise<void>((resolve) => (serve = resolve));
  onTestFinished(() => serve());
  const prepare = vi.spyOn(relay.get(Engine), 'prepare').mockReturnValue(served);
  const socket = await rawUpgrade(port, path, TOKEN);
  await vi.waitFor(() => expect(prepare).toHaveBeenCalledOnce(), 60_000);
  // As a proxy says that its client has closed.
  socket.end();
  await once(socket.resume(), 'close');
  expect(prepare.mock.calls[0]?.[1].destroyed).toBe(true);
});

it('a peer that gave up before it is let in is not waited for', async () => {
  const { relay, path, port } = await begin();
  const prepare = vi.spyOn(relay.get(Engine), 'prepare');
  const access = relay.get(AccessService);
  const identify = access.identify.bind(access);
  let letIn = (): void => {};
  const mayGoOn = new Promise<void>((resolve) => (letIn = resolve));
  const asked = vi.spyOn(access, 'identify').mockImplementation(async (bearer) => {
    await mayGoOn;
    return identify(bearer);
  });
  const upgrades = new Promise<Duplex>((resolve) =>
    relay.getHttpServer().once('upgrade', (_request: unknown, stream: Duplex) => resolve(stream)),
  );
  onTestFinished(() => letIn());
  const socket = await rawUpgrade(port, path, TOKEN);
  const stream = await upgrades;
  socket.end();
  await Promise.all([once(stream, 'end'), vi.waitFor(() => expect(asked).toHaveBeenCalledOnce(), 60_000)]);
  letIn();
  await once(socket.resume(), 'close');
  expect(prepare).not.toHaveBeenCalled();
});
