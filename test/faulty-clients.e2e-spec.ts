import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { TwinlaneClient, type Attachment, type AttachmentState } from '../src/client/index.js';
import { CLOCK } from '../src/config/index.js';
import type { ChannelName } from '../src/protocol/index.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { ManualClock } from './kit/manual-clock.js';
import { RawSocket } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { onlineEnvironment } from './kit/twinlane.js';

const PROBE_MS = 30_000;

/** The relay's time; the other side has a clock of its own. */
let clock: ManualClock;
let relay: RelayUnderTest;
let proxy: FaultProxy;

beforeEach(async () => {
  clock = new ManualClock();
  relay = await RelayUnderTest.start({}, { wholeRelay: true, providers: [{ provide: CLOCK, useValue: clock }] });
  proxy = await FaultProxy.start(relay.ws(''));
});
afterEach(async () => {
  await proxy.stop();
  // A node gives what is under way some time, by its clock.
  await clock.during(relay.close());
});

async function registerThroughProxy(): Promise<{ connectionId: string; wsUrl: string }> {
  const answer = await fetch(`${proxy.url}/v1/environments/register`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ deviceId: 'device-1', connectionName: 'laptop', metadata: { eventSeqScope: 'runtime' } }),
  });
  return (await answer.json()) as { connectionId: string; wsUrl: string };
}

/** A socket through the proxy; `probed` counts the relay's probes that reached it. */
async function open(url: string): Promise<RawSocket & { probed: () => Promise<void> }> {
  const socket = await RawSocket.open(url, { token: TOKEN });
  return Object.assign(socket, {
    async probed() {
      const ping = once(socket.ws, 'ping');
      await clock.advance(PROBE_MS);
      await ping;
      // Its pong has gone out; what the relay answers to this was read after it.
      const pong = once(socket.ws, 'pong');
      socket.send({ type: 'ping' });
      socket.ws.ping();
      await pong;
    },
  });
}

async function isOnline(): Promise<boolean> {
  const { body } = await relay.rest('/v1/environments?onlineOnly=true');
  return (body['connections'] as unknown[]).length > 0;
}

describe('C12 a peer that has gone without a word', () => {
  it.each<ChannelName>(['control', 'stream'])(
    'a listener whose %s is half open loses its link after three probes, and may come back',
    async (channel) => {
      const { wsUrl } = await registerThroughProxy();
      const sockets = {
        control: await open(`${wsUrl}&channel=control`),
        stream: await open(`${wsUrl}&channel=stream`),
      };
      const other = channel === 'control' ? sockets.stream : sockets.control;
      await other.probed();
      proxy.now({ do: 'half-open' }, { query: { channel } });
      for (let probe = 1; probe <= 3; probe++) await other.probed();
      expect(other.ws.readyState).toBe(WebSocket.OPEN);
      await clock.advance(PROBE_MS);
      expect((await other.closed).code).toBe(1001);
      expect(await isOnline()).toBe(true);
      await open(`${wsUrl}&channel=control`);
      await open(`${wsUrl}&channel=stream`);
    },
  );

  it('a listener that is gone altogether is offline', async () => {
    const { wsUrl } = await registerThroughProxy();
    await open(`${wsUrl}&channel=control`);
    await open(`${wsUrl}&channel=stream`);
    proxy.now({ do: 'half-open' });
    expect(await isOnline()).toBe(true);
    await clock.advance(PROBE_MS * 3);
    expect(await isOnline()).toBe(true);
    await clock.advance(PROBE_MS);
    expect(await isOnline()).toBe(false);
    await proxy.log.seen('closed', 'channel=control');
  });

  it('a client is let go after three probes, and one that answers is kept', async () => {
    const { connectionId } = await registerThroughProxy();
    const path = `/v1/environments/${connectionId}/status/ws?agentId=a&conversationId=c`;
    const gone = await open(`${proxy.url.replace('http', 'ws')}${path}&client=gone`);
    const stays = await open(`${proxy.url.replace('http', 'ws')}${path}&client=stays`);
    await gone.seen('resume_status');
    proxy.now({ do: 'half-open' }, { query: { client: 'gone' } });
    for (let probe = 1; probe <= 3; probe++) await stays.probed();
    expect(proxy.log.of('closed', 'client=gone')).toEqual([]);
    await stays.probed();
    expect(await proxy.log.seen('closed', 'client=gone')).toMatchObject({ side: 'server' });
    expect(stays.ws.readyState).toBe(WebSocket.OPEN);
  });

  it('C13 a relay that stalls or sleeps kills nobody', async () => {
    const { wsUrl } = await registerThroughProxy();
    const control = await open(`${wsUrl}&channel=control`);
    const stream = await open(`${wsUrl}&channel=stream`);
    for (let round = 0; round < 5; round++) {
      clock.stall(600_000);
      await control.probed();
      await stream.probed();
      clock.sleep(3_600_000);
      await control.probed();
      await stream.probed();
    }
    expect(await isOnline()).toBe(true);
    expect([control.ws.readyState, stream.ws.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
  });
});

describe('a client', () => {
  async function attach(ofClient: ManualClock): Promise<{ attachment: Attachment; control: RawSocket }> {
    const { wsUrl, connectionId } = await registerThroughProxy();
    const control = await RawSocket.open(`${wsUrl}&channel=control`, { token: TOKEN });
    await RawSocket.open(`${wsUrl}&channel=stream`, { token: TOKEN });
    const client = new TwinlaneClient({ server: proxy.url, token: TOKEN, WebSocket, clock: ofClient, random: () => 0 });
    const present = new TwinlaneClient({ server: proxy.url, token: TOKEN, WebSocket });
    const environment = await onlineEnvironment(present, (found) => found.connectionId === connectionId);
    const attachment = await client.attach(environment, { runtime: { agent_id: 'a', conversation_id: 'c' } });
    return { attachment, control };
  }

  async function reaches(attachment: Attachment, phase: AttachmentState['phase']): Promise<void> {
    for await (const state of attachment.states()) if (state.phase === phase) return;
  }

  it('C31 asks at once after a sleep of an hour, and reconnects when nobody is there', async () => {
    const ofClient = new ManualClock();
    const { attachment, control } = await attach(ofClient);
    const upgrades = () => proxy.log.of('opened', '/status/ws').length;
    expect(upgrades()).toBe(2);
    await ofClient.advance(30_000);
    // The relay has answered that ping when it has answered this: only then does silence say anything.
    const asked = attachment.command('app_server_info', {});
    const { request_id } = await control.seen('app_server_info');
    control.send({ type: 'app_server_info_response', request_id, success: true });
    await asked;
    proxy.now({ do: 'half-open' }, { path: /\/status\/ws$/ });
    ofClient.sleep(3_600_000);
    await ofClient.advance(5_000);
    await proxy.log.seen('swallowed', 'channel=control');
    await proxy.log.seen('swallowed', 'channel=stream');
    const again = reaches(attachment, 'reconnecting').then(() => reaches(attachment, 'open'));
    await ofClient.advance(3 * 5_000);
    await again;
    expect(upgrades()).toBe(4);
    attachment.close();
  });
});
