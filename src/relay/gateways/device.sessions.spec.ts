import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { MemorySocket } from '../../../test/kit/memory-socket.js';
import { memoryAudit } from '../../../test/kit/memory-audit.js';
import type { ChannelName } from '../../protocol/index.js';
import type { Registered } from '../environments/environment.registry.js';
import { EmbeddedEngine } from '../engine/embedded.engine.js';
import { EnvironmentsService } from '../environments/environments.service.js';
import { LiveSockets } from '../access/live-sockets.js';
import { TokenRenewals } from '../access/token-renewals.js';
import { MemoryEnvironmentRegistry } from '../environments/memory-environment.registry.js';
import { ChangedEnvironments } from '../environments/changed-environments.js';
import { Presence } from '../environments/presence.js';
import { SupersededListeners } from '../environments/superseded-listeners.js';
import { RelayOptions } from '../relay.options.js';
import { RoutingOptions } from '../routing/routing.options.js';
import { RoutingService } from '../routing/routing.service.js';
import { ClientSessions } from './client.sessions.js';
import { DeviceSessions } from './device.sessions.js';
import type { Hello } from './pairing.js';

Logger.overrideLogger(false);

const LEGACY: Hello = { kind: 'legacy' };
const paired = (channel: ChannelName, attempt: number): Hello => ({
  kind: 'paired',
  channel,
  attempt,
  generation: `g${attempt}`,
});

const IDENTITY = { organizationId: 'default', tokenId: 'token', mayApprove: true };

/** The listeners' side of a relay. A restart takes everything but the registry, as it does where that is kept on disk. */
class RestartingRelay {
  private readonly clock = new ManualClock();
  private readonly registry = new MemoryEnvironmentRegistry(this.clock);
  private sockets: MemorySocket[] = [];
  private sessions!: DeviceSessions;
  private environments!: EnvironmentsService;

  constructor() {
    this.restart();
  }

  restart(): void {
    for (const socket of this.sockets.splice(0)) socket.terminate();
    const audit = memoryAudit(this.registry, this.clock);
    const changed = new ChangedEnvironments();
    const presence = new Presence(this.registry, changed);
    const superseded = new SupersededListeners(this.clock);
    const live = new LiveSockets(this.clock);
    const routing = new RoutingService(new RoutingOptions(), this.clock);
    const renewals = new TokenRenewals({ identify: async () => IDENTITY }, this.clock);
    this.sessions = new DeviceSessions(
      this.registry,
      presence,
      superseded,
      routing,
      new RelayOptions(),
      this.clock,
      live,
      audit,
      renewals,
    );
    const clients = new ClientSessions(routing, live, this.clock, audit, renewals);
    const describe = () => ({ id: 'here', name: 'here', startedAt: 0, sockets: 0 });
    const engine = new EmbeddedEngine({
      devices: this.sessions,
      clients,
      routing,
      presence,
      clock: this.clock,
      describe,
    });
    this.environments = new EnvironmentsService(this.registry, superseded, engine, audit, live, changed);
  }

  register(processInstanceId?: string): Promise<Registered> {
    const metadata = processInstanceId === undefined ? {} : { processInstanceId };
    return this.environments.register(IDENTITY, { deviceId: 'device-1', connectionName: 'laptop', metadata });
  }

  /** @returns the listener's end of a socket */
  async open({ environment, secret }: Registered, hello: Hello = LEGACY): Promise<MemorySocket> {
    const [device, relay] = MemorySocket.pair();
    this.sockets.push(device);
    const standing = await this.registry.standingOf(environment.connectionId, secret);
    device.receive({ message() {}, closed() {} });
    this.sessions.open(relay, { hello, standing, address: '127.0.0.1', identity: IDENTITY, asksForExpiry: false });
    await settle();
    return device;
  }
}

let relay: RestartingRelay;
beforeEach(() => {
  relay = new RestartingRelay();
});

describe('C24 after the relay was restarted', () => {
  it('the live lease goes on, with whatever attempt its listener is at', async () => {
    const registered = await relay.register('p1');
    await relay.open(registered, paired('control', 6));
    await relay.open(registered, paired('stream', 6));
    relay.restart();
    const control = await relay.open(registered, paired('control', 7));
    const stream = await relay.open(registered, paired('stream', 7));
    expect([control.open, stream.open]).toEqual([true, true]);
    const late = await relay.open(registered, paired('control', 6));
    expect(late.closedWith?.code).toBe(1001);
    expect(control.open).toBe(true);
  });

  it('an attempt that was delayed until then is replaced by the live one', async () => {
    const registered = await relay.register('p1');
    relay.restart();
    const late = await relay.open(registered, paired('control', 6));
    const control = await relay.open(registered, paired('control', 7));
    const stream = await relay.open(registered, paired('stream', 7));
    expect(late.closedWith?.code).toBe(1001);
    expect([control.open, stream.open]).toEqual([true, true]);
  });

  it.each([true, false])('C15 an older lease stays void, also when it comes first: %s', async (comesFirst) => {
    const older = await relay.register('p1');
    await relay.open(older);
    const newer = await relay.register('p2');
    await relay.open(newer);
    relay.restart();
    const winner = comesFirst ? undefined : await relay.open(newer);
    const loser = await relay.open(older);
    expect(loser.closedWith).toEqual({ code: 1000, reason: 'Replaced by new connection' });
    expect((winner ?? (await relay.open(newer))).open).toBe(true);
  });

  it('a newer lease that never had a link takes over once it has one', async () => {
    const older = await relay.register('p1');
    const newer = await relay.register('p2');
    await relay.open(older);
    relay.restart();
    const old = await relay.open(older);
    expect(old.open).toBe(true);
    await relay.open(newer);
    expect(old.closedWith?.code).toBe(1000);
  });
});

/** A stock 0.25 listener: comes back with its lease after every close, registers again on 1008, ends when that is refused. */
class StockListener {
  hasEnded = false;
  takeovers = 0;
  private registered: Registered | undefined;
  private socket: MemorySocket | undefined;

  constructor(private readonly relay: RestartingRelay) {}

  get isConnected(): boolean {
    return this.socket?.open === true;
  }

  async step(): Promise<void> {
    if (this.hasEnded || this.isConnected) return;
    if (this.socket?.closedWith?.code === 1008) this.registered = undefined;
    this.socket = undefined;
    if (this.registered) {
      this.socket = await this.relay.open(this.registered);
      return;
    }
    this.registered = await this.relay.register().catch(() => undefined);
    if (this.registered) this.takeovers++;
    else this.hasEnded = true;
  }
}

it('C15 two stock listeners do not steal from each other for ever, whenever the relay restarts', async () => {
  const steps = fc.array(fc.constantFrom('first', 'second', 'restart'), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(steps, async (order) => {
      const restarting = new RestartingRelay();
      const listeners = { first: new StockListener(restarting), second: new StockListener(restarting) };
      const both = Object.values(listeners);
      let restarts = 0;
      for (const who of order) {
        if (who !== 'restart') await listeners[who].step();
        else {
          restarting.restart();
          restarts++;
        }
      }
      for (let round = 0; round < 8; round++) for (const listener of both) await listener.step();
      expect(both.filter(({ hasEnded }) => hasEnded)).toHaveLength(1);
      expect(both.filter(({ isConnected }) => isConnected)).toHaveLength(1);
      const takeovers = both.reduce((sum, listener) => sum + listener.takeovers, 0);
      expect(takeovers).toBeLessThanOrEqual(2 + restarts);
    }),
    { seed: 1, numRuns: 300 },
  );
});
