import { setTimeout as wait } from 'node:timers/promises';
import type { FaultAction, FaultMatch, FaultProxy } from '../kit/fault-proxy.js';
import type { Device } from './device.js';
import type { FaultRecord } from './fault-record.js';
import { type Fault, isOfRelay } from './fault-schedule.js';
import { NodeFaults } from './node-faults.js';
import type { RecordingClient } from './recording-client.js';
import { RelayNodes } from './relay-nodes.js';
import { RelayProcess } from './relay-process.js';
import { Turns } from './turns.js';

/** What faults strike. */
export interface Scene {
  readonly proxy: FaultProxy;
  /** One process, or many. */
  readonly relay: RelayProcess | RelayNodes;
  readonly devices: readonly Device[];
  readonly clients: readonly RecordingClient[];
}

/** A slow reader is slow for so many times the fault's duration. */
const SLOWNESS = 3;
const LISTENER_PATH = /\/listener\/ws$/;
const CLIENT_PATH = /\/status\/ws$/;

/** Brings faults about. Each ends by itself. */
export class FaultInjector {
  readonly records: FaultRecord[] = [];
  private readonly turns = new Turns();
  private readonly nodeFaults: NodeFaults | undefined;

  constructor(private readonly scene: Scene) {
    const { relay, proxy } = scene;
    const nodeOf = (fault: Fault, side: Fault['side']): number | undefined =>
      this.matches({ ...fault, side, sockets: 'control' })
        .flatMap((match) => proxy.portsOf(match))
        .at(-1);
    if (relay instanceof RelayNodes)
      this.nodeFaults = new NodeFaults(relay, {
        listener: (fault) => nodeOf(fault, 'listener'),
        client: (fault) => nodeOf(fault, 'client'),
      });
  }

  /** Resolves when the fault has ended; its recovery is recorded when it comes. */
  async inject(fault: Fault): Promise<void> {
    const record: FaultRecord = { fault, began: Date.now(), ended: undefined, recovered: undefined, struck: false };
    this.records.push(record);
    record.struck = await this.strike(fault);
    const ended = (record.ended = Date.now());
    const affected = this.affectedBy(fault).map((client) => client.recovered(ended));
    void Promise.all(affected).then((times) => (record.recovered = Math.max(...times)));
  }

  /** The run is over: what still waits to be struck is left alone. */
  stop(): void {
    this.nodeFaults?.stop();
  }

  private async strike(fault: Fault): Promise<boolean> {
    const { relay, devices, proxy } = this.scene;
    const device = devices[fault.device];
    const { duration, direction } = fault;
    switch (fault.kind) {
      case 'cut':
        return this.now(fault, { do: 'cut' });
      case 'cut-mid-frame':
        return this.now(fault, { do: 'cut', after: { bytes: fault.bytes, direction } });
      case 'half-open':
        return this.now(fault, { do: 'half-open', direction: fault.bothDirections ? 'both' : direction });
      case 'corrupt':
        return this.now(fault, { do: 'corrupt', what: fault.corruption, direction });
      case 'delay':
        return this.during(fault, { do: 'delay', until: wait(duration) });
      case 'throttle': {
        const struck = await this.during(fault, { do: 'throttle', bytesPerSecond: fault.bytesPerSecond });
        this.now(fault, { do: 'throttle', bytesPerSecond: Infinity });
        return struck;
      }
      case 'refuse':
      case 'hang':
        return this.barred(fault, fault.kind, () => wait(duration));
      case 'slow-reader':
        for (const client of this.affectedBy(fault)) client.pause(wait(SLOWNESS * duration));
        await wait(SLOWNESS * duration);
        return true;
      case 'kill-relay':
        return relay instanceof RelayProcess && this.restarted(relay, duration, () => {});
      case 'kill-relay-lose-history':
        return relay instanceof RelayProcess && this.restarted(relay, duration, () => relay.loseHistory());
      case 'kill-listener':
        return device !== undefined && this.restarted(device, duration, () => {});
      case 'kill-listener-offline': {
        if (!device) return false;
        const match = { path: LISTENER_PATH, query: { deviceId: device.id } };
        const lift = proxy.rule({ match, action: { do: 'refuse' } });
        proxy.now({ do: 'cut' }, match);
        const since = Date.now();
        await wait(duration);
        return this.restarted(device, 0, () => device.mayLoseTail(since)).finally(lift);
      }
      default:
        return this.nodeFaults?.strike(fault) ?? false;
    }
  }

  /** Strikes connections that are open. @returns whether there were any */
  private now(fault: Fault, action: FaultAction): boolean {
    return this.matches(fault).some((match) => this.scene.proxy.now(action, match) > 0);
  }

  private async during(fault: Fault, action: FaultAction): Promise<boolean> {
    const struck = this.now(fault, action);
    await wait(fault.duration);
    return struck;
  }

  /** Cuts what is open, and lets nobody in meanwhile. */
  private async barred(fault: Fault, how: 'refuse' | 'hang', meanwhile: () => Promise<void>): Promise<boolean> {
    const lifts = this.matches(fault).map((match) => this.scene.proxy.rule({ match, action: { do: how } }));
    this.now(fault, { do: 'cut' });
    await meanwhile();
    for (const lift of lifts) lift();
    return true;
  }

  private async restarted(target: RelayProcess | Device, downMs: number, whileDown: () => void): Promise<boolean> {
    await this.turns.take([target], async () => {
      await target.kill();
      await wait(downMs);
      whileDown();
      target.start();
    });
    return true;
  }

  /** Several, where a client has an attachment for each runtime. */
  private matches({ side, sockets, device, client }: Fault): FaultMatch[] {
    const channel = sockets === 'both' ? {} : { channel: sockets };
    const id = this.scene.devices[device]?.id ?? '';
    if (side === 'listener') return [{ path: LISTENER_PATH, query: { deviceId: id, ...channel } }];
    return this.attachmentsOf(device, client).map((one) => ({
      path: CLIENT_PATH,
      query: { client: one.id, ...channel },
    }));
  }

  private affectedBy({ kind, side, device, client }: Fault): RecordingClient[] {
    const { clients } = this.scene;
    if (isOfRelay(kind)) return [...clients];
    const isListeners = kind === 'kill-listener' || kind === 'kill-listener-offline' || side === 'listener';
    if (isListeners && kind !== 'slow-reader') return clients.filter((one) => one.device === device);
    return this.attachmentsOf(device, client);
  }

  private attachmentsOf(device: number, client: number): RecordingClient[] {
    return this.scene.clients.filter((one) => one.device === device && one.client === client);
  }
}
