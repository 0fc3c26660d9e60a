import type { INestApplicationContext } from '@nestjs/common';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { isEvent, TwinlaneClient, type Turn } from '../src/client/index.js';
import type { RegistrationResponse } from '../src/protocol/index.js';
import { LINK_MONITOR, type LinkMonitor, type LinkPhase } from '../src/transport/index.js';
import { ON_NATS } from './kit/engine-under-test.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { RawSocket } from './kit/raw-socket.js';
import { PROCESS_TOKEN, RelayProcess } from './kit/relay-process.js';
import { startListener } from './kit/twinlane.js';
import { TwinlaneProcess } from './kit/twinlane-process.js';

/** Each device gets a few: an environment keeps no more than its newest 16 leases. */
const DEVICES = 25;
const LEASES = 100;

let relay: RelayProcess;
/** What is to be undone after a test, the last first. */
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  relay = await RelayProcess.start();
});
afterEach(async () => {
  for (const undo of cleanups.splice(0).toReversed()) await undo();
  await relay.dispose();
});

const open = (url: string) => RawSocket.open(url, { token: PROCESS_TOKEN });

async function openPair({ wsUrl }: Pick<RegistrationResponse, 'wsUrl'>) {
  const [control, stream] = await Promise.all([open(`${wsUrl}&channel=control`), open(`${wsUrl}&channel=stream`)]);
  return { control, stream };
}

async function workspace(): Promise<string> {
  const folder = path.join(relay.home, 'work');
  await mkdir(folder, { recursive: true });
  return realpath(folder);
}

/** A listener in this process, and every phase of its link. */
async function listener(server = relay.url): Promise<{ app: INestApplicationContext; phases: LinkPhase[] }> {
  const app = await startListener({
    server,
    token: PROCESS_TOKEN,
    workspace: await workspace(),
    transport: { heartbeatMs: 50, backoffMinMs: 100, backoffMaxMs: 500 },
  });
  cleanups.push(() => app.close());
  const phases: LinkPhase[] = [];
  void (async () => {
    for await (const { phase } of app.get<LinkMonitor>(LINK_MONITOR, { strict: false }).states()) phases.push(phase);
  })();
  return { app, phases };
}

async function reaches(app: INestApplicationContext, wanted: LinkPhase): Promise<void> {
  for await (const { phase } of app.get<LinkMonitor>(LINK_MONITOR, { strict: false }).states())
    if (phase === wanted) return;
}

const client = () =>
  new TwinlaneClient({ server: relay.url, token: PROCESS_TOKEN, WebSocket, limits: { backoffMaxMs: 500 } });

async function attach() {
  const attachment = await client().attach((await relay.environment('device-1')).id);
  cleanups.push(async () => attachment.close());
  return attachment;
}

/** What a turn prints, piece by piece. */
async function* printed(turn: Turn): AsyncGenerator<string> {
  for await (const event of turn)
    if (isEvent(event, 'stream_delta') && event.delta['stream'] === 'stdout') yield String(event.delta['tool_return']);
}

async function all(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

describe('C24 a relay that is killed and started again on its data', () => {
  it('has its listener back with the lease it had, under the same names, and carries commands', async () => {
    const { app, phases } = await listener();
    const before = await relay.environment('device-1');
    const attachment = await attach();
    await attachment.runtimeStart({ agent_id: null });
    await relay.kill();
    await reaches(app, 'offline');
    phases.length = 0;
    await relay.again();
    await reaches(app, 'ready');
    expect(phases).not.toContain('registering');
    const { id, connectionId, firstSeenAt } = before;
    expect(await relay.environment('device-1')).toMatchObject({ id, connectionId, firstSeenAt });
    expect(await all(printed(await attachment.turn('echo back')))).toBe('back\n');
  });

  it('has files watched still, and what changed meanwhile told', async () => {
    const { app } = await listener();
    const folder = await workspace();
    await writeFile(path.join(folder, 'watched.txt'), '1');
    const attachment = await attach();
    const frames = attachment.frames();
    await attachment.command('watch_file', { path: 'watched.txt' });
    await relay.kill();
    await reaches(app, 'offline');
    await writeFile(path.join(folder, 'watched.txt'), 'while it was away');
    await relay.again();
    const change = { type: 'file_changed', path: 'watched.txt' };
    expect((await frames.next()).value).toMatchObject(change);
    await writeFile(path.join(folder, 'watched.txt'), 'and after it came back');
    expect((await frames.next()).value).toMatchObject(change);
  });

  it('knows every lease that it gave, and of each environment which one is the newest', async () => {
    const given: RegistrationResponse[] = [];
    let cutOff: Promise<unknown> | undefined;
    await new Promise<void>((enough) => {
      const register = async (deviceId: string): Promise<never> => {
        for (;;) if (given.push(await relay.register({ deviceId })) >= LEASES) enough();
      };
      cutOff = Promise.allSettled(Array.from({ length: DEVICES }, (_, n) => register(`device-${n}`)));
    });
    await relay.kill();
    await cutOff;
    await relay.again();
    for (const { wsUrl } of given) {
      const socket = await open(wsUrl);
      socket.send({ type: 'ping' });
      await socket.seen('pong');
      socket.ws.terminate();
    }
    const fence = await relay.register({ deviceId: 'device-0' });
    await open(fence.wsUrl);
    const [older = fence] = given.filter(({ connectionId }) => connectionId === fence.connectionId).toReversed();
    expect((await (await open(older.wsUrl)).closed).code).toBe(1000);
  });

  const ends: [string, () => Promise<unknown>][] = [['killed', () => relay.kill()]];
  // Over NATS a relay that stops expects its devices at other nodes: they stay online for `offlineAfterMs`.
  if (!ON_NATS) ends.push(['stopped', () => relay.stop()]);
  it.each(ends)(
    'shows an environment offline until its device is back, and when it was last seen: %s',
    async (how, end) => {
      const proxy = await FaultProxy.start(relay.url);
      cleanups.push(() => proxy.stop());
      const { app } = await listener(proxy.url);
      let before = await relay.environment('device-1');
      while (before.lastHeartbeat === null) before = await relay.environment('device-1');
      const lift = proxy.rule({ match: { path: /listener/ }, action: { do: 'refuse' } });
      await end();
      await relay.again();
      const isOffline = { id: before.id, connectionId: null, connectedAt: null };
      // Over NATS it may be at any node until the one that was killed has been silent for long enough.
      if (ON_NATS)
        await vi.waitFor(async () => expect(await relay.environment('device-1')).toMatchObject(isOffline), 60_000);
      const after = await relay.environment('device-1');
      expect(after).toMatchObject(isOffline);
      expect(after.firstSeenAt).toBe(before.firstSeenAt);
      expect(after.lastSeenAt).toBeGreaterThanOrEqual(before.firstSeenAt);
      if (how === 'stopped') expect(after.lastHeartbeat).toBeGreaterThanOrEqual(before.lastHeartbeat);
      lift();
      await reaches(app, 'ready');
      const { connectionId, connectedAt } = await relay.environment('device-1');
      expect(connectionId).toBe(before.connectionId);
      expect(connectedAt).toBeGreaterThanOrEqual(after.lastSeenAt);
    },
  );
});

describe('C15 two listeners that claim one environment, with a restart of the relay in between', () => {
  /** The second is a copy of the first: the same device, on another machine. */
  async function listen(name: string, server: string): Promise<TwinlaneProcess> {
    const data = path.join(relay.home, name);
    await mkdir(data, { recursive: true });
    await writeFile(path.join(data, 'device-id'), 'device-1\n');
    const env = {
      HOME: relay.home,
      TWINLANE_DATA_DIR: data,
      TWINLANE_TOKEN: PROCESS_TOKEN,
      TWINLANE_SERVER: server,
      TWINLANE_LOG_LEVEL: 'silent',
    };
    const started = TwinlaneProcess.start(['listen', '--mode', 'unrestricted'], { env, cwd: await workspace() });
    cleanups.push(() => started.kill());
    await started.prints(/Ctrl-C stops/);
    return started;
  }

  it('the newest has won once and for all, and the loser stops, says why, and exits with 0', async () => {
    const proxy = await FaultProxy.start(relay.url);
    cleanups.push(() => proxy.stop());
    const loser = await listen('one', proxy.url);
    // It does not hear that another one takes over, and comes back to a relay that was restarted since.
    proxy.now({ do: 'half-open' });
    const winner = await listen('two', relay.url);
    await relay.kill();
    await relay.again();
    proxy.now({ do: 'cut' });
    const { code, err } = await loser.finished;
    expect([code, err]).toEqual([0, 'The listener stopped: A newer listener took this environment over.\n']);
    const attachment = await attach();
    await attachment.runtimeStart({ agent_id: null });
    expect(await all(printed(await attachment.turn('echo mine')))).toBe('mine\n');
    expect(winner.process.exitCode).toBeNull();
  });

  it('a superseded process is refused when it registers again; a newer listener is not', async () => {
    const ofProcess = (processInstanceId: string) => ({ deviceId: 'device-2', metadata: { processInstanceId } });
    const first = await relay.register(ofProcess('p1'));
    const loser = await openPair(first);
    const second = await relay.register(ofProcess('p2'));
    await openPair(second);
    expect((await loser.control.closed).code).toBe(1000);
    await relay.kill();
    await relay.again();
    const refused = await relay.rest('/v1/environments/register', { ...ofProcess('p1'), connectionName: 'laptop' });
    expect(refused).toMatchObject({ status: 409, body: { errorCode: 'LISTENER_SUPERSEDED' } });
    const old = await open(first.wsUrl);
    expect(await old.closed).toEqual({ code: 1000, reason: 'Replaced by new connection' });
    const pair = await openPair(second);
    await openPair(await relay.register(ofProcess('p3')));
    expect((await pair.control.closed).code).toBe(1000);
  });

  it('a lease that was given before the restart, and is newer, still takes over', async () => {
    const older = await relay.register({ deviceId: 'device-2', metadata: { processInstanceId: 'p1' } });
    const newer = await relay.register({ deviceId: 'device-2', metadata: { processInstanceId: 'p2' } });
    await openPair(older);
    await relay.kill();
    await relay.again();
    const { control } = await openPair(older);
    await openPair(newer);
    expect((await control.closed).code).toBe(1000);
    expect((await (await open(older.wsUrl)).closed).code).toBe(1000);
  });
});

describe('C26 SIGTERM to a relay', () => {
  it('closes every socket with 1012 and exits with 0, after what was under way has been told', async () => {
    const devices = await Promise.all(
      Array.from({ length: 75 }, async (_, n) => {
        const registration = await relay.register({
          deviceId: `device-${n}`,
          metadata: { eventSeqScope: 'runtime', environmentMessageProtocol: 'v2-input' },
        });
        return { registration, ...(await openPair(registration)) };
      }),
    );
    const clients = await Promise.all(
      devices.map(({ registration: { connectionId } }) =>
        open(
          `${relay.url.replace('http', 'ws')}/v1/environments/${connectionId}/status/ws?agentId=a&conversationId=c&client=x`,
        ),
      ),
    );
    for (const [n, { control, stream }] of devices.entries()) {
      clients[n]?.send({ type: 'read_file', request_id: 'r1', path: 'x' });
      await control.seen('read_file');
      for (let event_seq = 1; event_seq <= 20; event_seq++)
        stream.send({
          type: 'stream_delta',
          delta: {},
          runtime: { agent_id: 'a', conversation_id: 'c' },
          event_epoch: 'e',
          event_seq,
        });
      stream.send({ type: 'ping' });
      await stream.seen('pong');
    }
    expect(await relay.stop()).toMatchObject({ code: 0, err: '' });
    const sockets = [...devices.flatMap(({ control, stream }) => [control, stream]), ...clients];
    const codes = await Promise.all(sockets.map(async ({ closed }) => (await closed).code));
    expect(new Set(codes)).toEqual(new Set([1012]));
    for (const { frames } of clients) {
      expect(frames.filter(({ type }) => type === 'stream_delta')).toHaveLength(20);
      // Over NATS its client asks another node again.
      const isTold = frames.some((frame) => frame['request_id'] === 'r1' && frame['error_code'] === 'OUTCOME_UNKNOWN');
      expect(isTold).toBe(!ON_NATS);
    }
  });

  it('leaves a turn alone: it goes on, and ends for its client, when the relay is back', async () => {
    const { app } = await listener();
    const attachment = await attach();
    await attachment.runtimeStart({ agent_id: null });
    const turn = await attachment.turn('echo before; while [ ! -e go ]; do sleep 0.01; done; echo after');
    const pieces = printed(turn);
    expect((await pieces.next()).value).toBe('before\n');
    expect((await relay.stop()).code).toBe(0);
    await reaches(app, 'offline');
    await relay.again();
    await writeFile(path.join(await workspace(), 'go'), '');
    expect(await all(pieces)).toBe('after\n');
    expect(turn.outcome).toMatchObject({ stop_reason: 'end_turn' });
  });
});
