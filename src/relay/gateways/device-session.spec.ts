import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Logger } from '@nestjs/common';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { MemorySocket } from '../../../test/kit/memory-socket.js';
import { memoryAudit } from '../../../test/kit/memory-audit.js';
import type { ChannelName, Frame, FrameError } from '../../protocol/index.js';
import type { Environment, Lease } from '../environments/environment.js';
import { MemoryEnvironmentRegistry } from '../environments/memory-environment.registry.js';
import { ChangedEnvironments } from '../environments/changed-environments.js';
import { Presence } from '../environments/presence.js';
import { SupersededListeners } from '../environments/superseded-listeners.js';
import { RelayOptions } from '../relay.options.js';
import type { DeviceLink } from '../routing/device-link.js';
import type { RoutingService } from '../routing/routing.service.js';
import { DeviceSession } from './device-session.js';
import type { Hello } from './pairing.js';

Logger.overrideLogger(false);

const legacy: Hello = { kind: 'legacy' };
const split = (channel: ChannelName): Hello => ({ kind: 'split', channel });
const paired = (channel: ChannelName, attempt: number, generation = `g${attempt}`): Hello => ({
  kind: 'paired',
  channel,
  generation,
  attempt,
});

/** What routing was told, in order. */
class RoutingSpy {
  readonly told: unknown[][] = [];
  readonly refusals: string[] = [];
  link: DeviceLink | undefined;
  linkReady(_environmentId: string, link: DeviceLink): void {
    this.link = link;
    this.told.push(['ready', link.kind]);
  }
  deviceFrame(_environmentId: string, _link: DeviceLink, channel: ChannelName, frame: Frame): void {
    this.told.push(['frame', channel, frame.type]);
  }
  deviceRefused(_environmentId: string, _link: DeviceLink, channel: ChannelName, { fault }: FrameError): void {
    this.refusals.push(`${channel} ${fault}`);
  }
  linkClosed(): void {
    this.told.push(['closed']);
  }
  markedOffline(): void {
    this.told.push(['offline']);
  }
}

const options = new RelayOptions();
let clock: ManualClock;
let registry: MemoryEnvironmentRegistry;
let presence: Presence;
let routing: RoutingSpy;
let session: DeviceSession;
let environment: Environment;

async function register(processInstanceId?: string): Promise<Lease> {
  const metadata = processInstanceId === undefined ? {} : { processInstanceId };
  const registered = await registry.register({
    organizationId: 'default',
    tokenId: 't',
    deviceId: 'd',
    listenerInstanceId: undefined,
    connectionName: 'laptop',
    metadata,
  });
  environment = registered.environment;
  return registered.lease;
}

/** Opens a socket of the device; what comes back is the device's end. */
function join(hello: Hello, lease: Lease): MemorySocket {
  const [device, relay] = MemorySocket.pair();
  device.receive({ message: (text) => received.push(JSON.parse(text) as Frame), closed() {} });
  session.join(hello, lease, relay);
  return device;
}

let received: Frame[];

beforeEach(() => {
  clock = new ManualClock();
  registry = new MemoryEnvironmentRegistry(clock);
  presence = new Presence(registry, new ChangedEnvironments());
  routing = new RoutingSpy();
  received = [];
});

async function start(processInstanceId?: string): Promise<Lease> {
  const lease = await register(processInstanceId);
  const superseded = new SupersededListeners(clock);
  const audit = memoryAudit(registry, clock);
  const parts = {
    audit,
    registry,
    presence,
    superseded,
    options,
    clock,
    routing: routing as unknown as RoutingService,
  };
  session = new DeviceSession(environment, parts);
  return lease;
}

describe('a link', () => {
  it('of a legacy listener is ready when its socket is open', async () => {
    const lease = await start();
    const socket = join(legacy, lease);
    socket.send('{"type":"x"}');
    await settle();
    expect(routing.told).toEqual([
      ['ready', 'legacy'],
      ['frame', 'control', 'x'],
    ]);
    routing.link?.send({ type: 'command' });
    await settle();
    expect(received).toEqual([{ type: 'command' }]);
  });

  it('without generations is ready when both sockets are open, whichever came first', async () => {
    const lease = await start();
    join(split('stream'), lease);
    expect(routing.told).toEqual([]);
    join(split('control'), lease);
    await settle();
    expect(routing.told).toEqual([['ready', 'split']]);
    expect(received).toEqual([]);
  });

  it('with generations greets each socket as it opens, with the attempt as a number', async () => {
    const lease = await start();
    join(paired('control', 7, 'g'), lease);
    await settle();
    const hello = { type: 'listener_ready', connection_generation: 'g', connection_attempt: 7 };
    expect(received).toEqual([hello]);
    expect(routing.told).toEqual([]);
    join(paired('stream', 7, 'g'), lease);
    expect(routing.told).toEqual([['ready', 'split']]);
    await settle();
    expect(received).toEqual([hello, hello]);
  });

  it('hands over in order what came before the second socket, and answers pings meanwhile', async () => {
    const lease = await start();
    const control = join(split('control'), lease);
    for (const type of ['a', 'ping', 'b']) control.send(JSON.stringify({ type }));
    await settle();
    expect(received).toEqual([{ type: 'pong' }]);
    expect(routing.told).toEqual([]);
    join(split('stream'), lease);
    expect(routing.told).toEqual([
      ['ready', 'split'],
      ['frame', 'control', 'a'],
      ['frame', 'control', 'b'],
    ]);
  });

  it('whose second socket does not come is closed', async () => {
    const lease = await start();
    const control = join(paired('control', 1), lease);
    await clock.advance(options.helloDeadlineMs);
    expect(control.closedWith?.code).toBe(1013);
    expect(routing.told).toEqual([]);
  });

  it('loses both sockets when either closes', async () => {
    const lease = await start();
    const control = join(split('control'), lease);
    const stream = join(split('stream'), lease);
    stream.terminate();
    await settle();
    expect(control.closedWith?.code).toBe(1001);
    expect(routing.told).toEqual([['ready', 'split'], ['closed']]);
    expect(presence.isOnline(environment.id)).toBe(true);
  });

  it('does not pass on pongs and acks', async () => {
    const lease = await start();
    const socket = join(legacy, lease);
    for (const type of ['pong', 'ack', 'ping']) socket.send(JSON.stringify({ type }));
    await settle();
    expect(routing.told).toEqual([['ready', 'legacy']]);
  });

  it.each<[string, string, number | undefined]>([
    ['C29 no JSON', '{', 1007],
    ['C29 no object', '[]', 1007],
    ['C29 a repeated key', '{"type":"a","type":"b"}', 1007],
    ['C29 no type', '{"a":1}', undefined],
  ])('%s', async (_name, text, code) => {
    const lease = await start();
    const control = join(split('control'), lease);
    const stream = join(split('stream'), lease);
    control.send(text);
    stream.send('{"type":"y"}');
    await settle();
    expect(control.closedWith?.code).toBe(code);
    expect(stream.closedWith?.code).toBe(code === undefined ? undefined : 1001);
    expect(routing.told.at(-1)).toEqual(code === undefined ? ['frame', 'stream', 'y'] : ['closed']);
  });

  it('with a higher attempt replaces the older pair', async () => {
    const lease = await start();
    const old = [join(paired('control', 1), lease), join(paired('stream', 1), lease)];
    const control = join(paired('control', 2), lease);
    await settle();
    expect(old.map((socket) => socket.closedWith?.code)).toEqual([1001, 1001]);
    join(paired('stream', 2), lease);
    expect(control.open).toBe(true);
    expect(routing.told).toEqual([['ready', 'split'], ['closed'], ['ready', 'split']]);
  });

  it('C14 refuses a late stream of an older attempt and leaves the newer pair alone', async () => {
    const lease = await start();
    const newer = join(paired('control', 2), lease);
    const late = join(paired('stream', 1), lease);
    await settle();
    expect(late.closedWith?.code).toBe(1001);
    expect(newer.open).toBe(true);
    join(paired('stream', 2), lease);
    expect(routing.told).toEqual([['ready', 'split']]);
  });
});

it('a device that does not read its commands loses its link', async () => {
  const lease = await start();
  const [device, relay] = MemorySocket.pair();
  session.join(legacy, lease, relay);
  relay.bufferedAmount = options.deviceBufferBytes + 1;
  routing.link?.send({ type: 'command' });
  expect(device.sent).toEqual([]);
  expect(routing.told).toEqual([['ready', 'legacy'], ['closed']]);
});

describe('a newer lease', () => {
  it('C15 takes over once its link is ready, and stops the other process', async () => {
    const first = await start('p1');
    const old = join(legacy, first);
    const second = await register('p2');
    join(split('control'), second);
    await settle();
    expect(old.open).toBe(true);
    join(split('stream'), second);
    await settle();
    expect(old.closedWith).toEqual({ code: 1000, reason: 'Replaced by new connection' });
    expect(routing.told).toEqual([['ready', 'legacy'], ['closed'], ['ready', 'split']]);
    const again = join(legacy, first);
    await settle();
    expect(again.closedWith).toEqual({ code: 1000, reason: 'Replaced by new connection' });
  });

  it.each([
    ['of the same process closes the older link as going away', 'p1', 1001],
    ['of a process that does not say who it is counts as another one', undefined, 1000],
  ])('%s', async (_name, processInstanceId, code) => {
    const old = join(legacy, await start(processInstanceId));
    join(legacy, await register(processInstanceId));
    await settle();
    expect(old.closedWith?.code).toBe(code);
  });
});

describe('presence', () => {
  it('goes offline without heartbeats, reaps the sockets, and says so once', async () => {
    const lease = await start();
    const socket = join(legacy, lease);
    await clock.advance(options.offlineAfterMs - 1);
    socket.send('{"type":"ping"}');
    await clock.advance(options.offlineAfterMs - 1);
    expect(presence.of(environment.id)).toMatchObject({ online: true });
    await clock.advance(1);
    await settle();
    expect(socket.closedWith?.code).toBe(1006);
    expect(routing.told).toEqual([['ready', 'legacy'], ['closed'], ['offline']]);
    expect(presence.of(environment.id)).toMatchObject({ online: false, connectedAt: null });
    expect(presence.of(environment.id)?.offline).toEqual({ reason: 'lost', since: clock.now() });
    await clock.advance(options.offlineAfterMs * 3);
    expect(routing.told).toHaveLength(3);
  });

  it('survives a broken link until heartbeats are due', async () => {
    const lease = await start();
    join(legacy, lease).terminate();
    await clock.advance(options.offlineAfterMs - 1);
    join(legacy, lease);
    await clock.advance(options.offlineAfterMs - 1);
    expect(presence.isOnline(environment.id)).toBe(true);
    expect(routing.told).toEqual([['ready', 'legacy'], ['closed'], ['ready', 'legacy']]);
  });

  it.each([1000, 1001])('ends at once when the listener says goodbye with %i', async (code) => {
    const lease = await start();
    join(legacy, lease).close(code);
    await settle();
    expect(routing.told).toEqual([['ready', 'legacy'], ['closed'], ['offline']]);
    expect(presence.of(environment.id)).toMatchObject({ online: false, offline: { reason: 'stopped' } });
  });

  it.each([
    ['access-ended', 1008],
    ['access-ended', 4001],
    ['lost', 1006],
    ['lost', 1011],
  ])('ends as %s when nobody comes back after a link that ended with %i', async (reason, code) => {
    const lease = await start();
    join(legacy, lease).close(code);
    await clock.advance(options.offlineAfterMs);
    await settle();
    expect(presence.of(environment.id)?.offline).toEqual({ reason, since: clock.now() });
  });

  it('that came back and was lost then is lost', async () => {
    const lease = await start();
    join(legacy, lease).close(4001);
    await settle();
    join(legacy, lease);
    await clock.advance(options.offlineAfterMs);
    await settle();
    expect(presence.of(environment.id)?.offline?.reason).toBe('lost');
  });

  it('ends with its release', async () => {
    const lease = await start();
    join(legacy, lease);
    session.end('released');
    expect(presence.of(environment.id)?.offline?.reason).toBe('released');
  });

  it('does not take the echo of its own close for a goodbye', async () => {
    const lease = await start();
    join(legacy, lease);
    routing.link?.close(1001, 'test');
    await settle();
    expect(routing.told).toEqual([['ready', 'legacy'], ['closed']]);
  });
});

it('logs no lease and no token', async () => {
  const log = vi.spyOn(Logger.prototype, 'log');
  const lease = await start();
  join(legacy, lease);
  expect(JSON.stringify(log.mock.calls)).not.toContain(lease.id);
  const { id: environmentId, connectionId } = environment;
  expect(log.mock.calls[0]?.[1]).toMatchObject({ environmentId, connectionId });
});
