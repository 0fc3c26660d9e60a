import { once } from 'node:events';
import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Engine } from '../src/relay/engine/engine.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

it('a socket opens once whoever is behind it is served: it misses nothing from then on', async () => {
  const relay = await startRelay();
  onTestFinished(() => relay.close());
  const headers = { authorization: `Bearer ${TOKEN}` };
  const answer = await fetch(`${urlOf(relay)}/v1/environments/register`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ deviceId: 'device-1', connectionName: 'laptop' }),
  });
  const { connectionId } = (await answer.json()) as { connectionId: string };

  const engine = relay.get(Engine);
  let serve = (): void => {};
  const served = new Promise<void>((resolve) => (serve = resolve));
  const prepare = vi.spyOn(engine, 'prepare').mockReturnValue(served);
  const taken = vi.spyOn(engine, 'client');
  const url = `${urlOf(relay).replace('http', 'ws')}/v1/environments/${connectionId}/status/ws`;
  const socket = new WebSocket(url, { headers });
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
