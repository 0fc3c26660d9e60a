import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { environmentRecord, FAKE_TOKEN, FakeClientRelay } from '../../test/kit/fake-client-relay.js';
import {
  EnvironmentNotFoundError,
  RelayRefusedError,
  RelayUnreachableError,
  TokenRefusedError,
} from './client.error.js';
import { TwinlaneClient } from './twinlane-client.js';
import type { WebSocketConstructor } from './web-socket.js';

let relay: FakeClientRelay;

beforeEach(async () => {
  relay = await FakeClientRelay.start();
});
afterEach(() => relay.stop());

function client(options: { token?: string; WebSocket?: WebSocketConstructor } = {}): TwinlaneClient {
  return new TwinlaneClient({ server: relay.url, token: FAKE_TOKEN, WebSocket, ...options });
}

it('carries the token in the query where headers cannot be set', async () => {
  class BrowserSocket implements EventTarget {
    private readonly inner: WebSocket;
    constructor(url: string) {
      this.inner = new WebSocket(url);
    }
    get readyState(): number {
      return this.inner.readyState;
    }
    get bufferedAmount(): number {
      return this.inner.bufferedAmount;
    }
    send(data: string): void {
      this.inner.send(data);
    }
    close(code?: number, reason?: string): void {
      this.inner.close(code, reason);
    }
    addEventListener(type: string, listener: unknown): void {
      this.inner.addEventListener(type as 'message', listener as () => void);
    }
    removeEventListener(): void {}
    dispatchEvent(): boolean {
      return false;
    }
  }
  const attachment = await client({ WebSocket: BrowserSocket }).attach('env-1');
  expect(attachment.state).toEqual({ phase: 'open' });
  attachment.close();
  expect(relay.sockets[0]?.query.get('token')).toBe(FAKE_TOKEN);
  expect(relay.sockets[0]?.authorization).toBeUndefined();
  await expect(client({ WebSocket: BrowserSocket, token: 'wrong' }).attach('env-1')).rejects.toThrow(TokenRefusedError);
  relay.refuse = { status: 404, body: '' };
  await expect(client({ WebSocket: BrowserSocket }).attach('env-1')).rejects.toThrow(RelayRefusedError);
});

it('has one error for each reason not to get in', async () => {
  await expect(client({ token: 'wrong' }).attach('env-1')).rejects.toThrow(TokenRefusedError);
  await expect(client({ token: 'wrong' }).environments()).rejects.toThrow('The token is not known here.');
  relay.refuse = {
    status: 404,
    body: JSON.stringify({ errorCode: 'ENVIRONMENT_UNKNOWN', message: 'No such environment.' }),
  };
  await expect(client().attach('env-1')).rejects.toThrow(EnvironmentNotFoundError);
  relay.refuse = { status: 429, body: JSON.stringify({ errorCode: 'TOO_MANY', message: 'Too many.' }) };
  await expect(client().attach('env-1')).rejects.toMatchObject({ status: 429, code: 'TOO_MANY', message: 'Too many.' });
  relay.refuse = { status: 502, body: '<html>Bad gateway</html>' };
  await expect(client().attach('env-1')).rejects.toThrow('The relay answered with HTTP status 502.');
});

it('says that no relay is there', async () => {
  const nobody = new TwinlaneClient({ server: 'http://127.0.0.1:1', token: FAKE_TOKEN, WebSocket });
  await expect(nobody.environments()).rejects.toThrow(RelayUnreachableError);
  await expect(nobody.attach('env-1')).rejects.toThrow(/127\.0\.0\.1:1 \(ECONNREFUSED\)/);
  expect(() => new TwinlaneClient({ server: 'nonsense', token: 't', WebSocket })).toThrow(
    'write it like http://127.0.0.1:7400',
  );
});

it('lists environments over all pages', async () => {
  relay.environments = [
    environmentRecord('a', 'one'),
    environmentRecord('b', 'two', false),
    environmentRecord('c', 'three'),
  ];
  relay.pageSize = 1;
  expect((await client().environments()).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect((await client().environments({ onlineOnly: true })).map(({ id }) => id)).toEqual(['a', 'c']);
});

it.each([
  ['goes in circles', { connections: [environmentRecord('a', 'one')], hasNextPage: true }, /does not go on/],
  ['holds no environments', { connections: [null], hasNextPage: false }, /not as a relay does/],
  ['holds environments without an id', { connections: [{ id: 7 }], hasNextPage: false }, /not as a relay does/],
])('C29 does not follow a list that %s', async (_what, page, message) => {
  relay.listed = JSON.stringify(page);
  await expect(client().environments()).rejects.toThrow(message);
});
