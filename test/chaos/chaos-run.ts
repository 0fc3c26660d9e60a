import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { TwinlaneClient } from 'twinlane/client';
import type { EnvironmentRecord } from 'twinlane/protocol';
import { WebSocket } from 'ws';
import { FaultProxy } from '../kit/fault-proxy.js';
import type { ChaosOptions } from './chaos-options.js';
import { compare, type Verdict } from './comparison.js';
import { Device } from './device.js';
import { FaultInjector } from './fault-injector.js';
import type { Fault } from './fault-schedule.js';
import { RecordingClient } from './recording-client.js';
import { RelayNodes } from './relay-nodes.js';
import { RelayProcess, type RelayProcessOptions } from './relay-process.js';
import type { RunResult } from './report.js';
import { SeededRandom } from './seeded-random.js';
import type { Witnessed } from './witness.js';

const TOKEN = 'a-token-for-chaos-only';
const RUNTIMES = 3;
const EVENTS_PER_SECOND = 100;
/** What is left to come after the last fault comes within this time, or is lost. */
const SETTLE_MS = 120_000;
/** With a planted bug, what does not come soon never will. */
const SETTLE_PLANTED_MS = 15_000;
const POLL_MS = 50;

/** As impatient as the listeners of a run. Times in ms. */
const CLIENT_LIMITS = {
  openTimeoutMs: 2_000,
  heartbeatMs: 500,
  reconnectForMs: 5 * 60_000,
  backoffFirstMs: 50,
  backoffMaxMs: 500,
  maxUnreadBytes: 64 * 1024,
};

/** One run: everything is started, faults strike, everything settles, and what clients saw is held against the witness. */
export class ChaosRun {
  private readonly devices: Device[] = [];
  private readonly clients: RecordingClient[] = [];
  private readonly problems: string[] = [];
  private relay: RelayProcess | RelayNodes | undefined;
  private proxy: FaultProxy | undefined;

  constructor(
    private readonly options: ChaosOptions,
    /** Where everything is kept. */
    private readonly folder: string,
  ) {}

  async run(faults: readonly Fault[]): Promise<RunResult> {
    const { relay, proxy } = await this.start();
    const { devices, clients, problems } = this;
    const injector = new FaultInjector({ relay, proxy, devices, clients });
    for (const device of devices) device.begin();
    await this.strike(injector, faults);
    await this.settle(relay);
    const witness = devices.map((device) => device.witness);
    const verdicts = clients.map((client) => this.verdictOn(client, witness[client.device] ?? []));
    const emitted = witness
      .flat()
      .map(({ at }) => at)
      .toSorted((a, b) => a - b);
    const { engine, nodes, seed, seconds } = this.options;
    const links = [...new Set(devices.flatMap((device) => [...device.links]))];
    return { engine, nodes, seed, seconds, links, records: injector.records, emitted, verdicts, problems };
  }

  /** Ends every process, however far the run came. */
  async end(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all(this.devices.map((device) => device.end()));
    await this.relay?.end();
    await this.proxy?.stop();
  }

  private async start(): Promise<{ relay: RelayProcess | RelayNodes; proxy: FaultProxy }> {
    const { devices, clients, seed, reference, plant } = this.options;
    const relay = (this.relay = await this.launchRelay());
    const random = new SeededRandom(seed);
    // As a balancer that knows nothing but who takes connections: sockets of one link come to several nodes.
    const proxy = await FaultProxy.start(() => random.shuffled(relay.ports));
    this.proxy = proxy;
    for (let index = 0; index < devices; index++) {
      const device = new Device({
        index,
        server: proxy.url,
        token: TOKEN,
        folder: this.newFolder(`device-${index}`),
        runtimes: RUNTIMES,
        perSecond: EVENTS_PER_SECOND,
        plain: reference === 'plain',
        losesTail: plant === 'tail',
      });
      this.devices.push(device);
      device.start();
    }
    await within(
      SETTLE_MS,
      'The listeners never became ready',
      this.devices.map((device) => device.says('ready')),
    );
    const client = new TwinlaneClient({ server: proxy.url, token: TOKEN, WebSocket, limits: CLIENT_LIMITS });
    for (const [index, { id, runtimes }] of this.devices.entries()) {
      const environment = await this.onlineOf(client, id);
      for (let number = 0; number < clients; number++)
        for (const [runtime, scope] of runtimes.entries()) {
          const recording = new RecordingClient(index, number, runtime);
          this.clients.push(recording);
          await recording.attach(client, environment.connectionId ?? environment.id, scope);
        }
    }
    return { relay, proxy };
  }

  /** Nodes hear of each other's listeners a moment later. */
  private async onlineOf(client: TwinlaneClient, deviceId: string): Promise<EnvironmentRecord> {
    for (const until = Date.now() + SETTLE_MS; Date.now() < until; await wait(POLL_MS)) {
      const all = await client.environments({ onlineOnly: true });
      const found = all.find((environment) => environment.deviceId === deviceId);
      if (found) return found;
    }
    throw new Error(`${deviceId} was never shown as online.`);
  }

  private async launchRelay(): Promise<RelayProcess | RelayNodes> {
    const { engine, nodes, plant } = this.options;
    const optionsOf = (name: string): RelayProcessOptions => ({
      token: TOKEN,
      folder: this.newFolder(name),
      log: path.join(this.folder, `${name}.log`),
      forgetsNames: plant === 'dedupe',
    });
    if (engine === 'embedded') return RelayProcess.launch(optionsOf('relay'));
    return RelayNodes.launch(nodes, (index) => optionsOf(`node-${index}`));
  }

  private async strike(injector: FaultInjector, faults: readonly Fault[]): Promise<void> {
    const began = Date.now();
    const striking: Promise<void>[] = [];
    for (const fault of faults) {
      await wait(began + fault.at - Date.now());
      striking.push(injector.inject(fault).catch((error: unknown) => void this.problems.push(String(error))));
    }
    await wait(began + this.options.seconds * 1_000 - Date.now());
    injector.stop();
    await Promise.all(striking);
  }

  /** Every listener emits its last numbers, and every client must come to see them. */
  private async settle(relay: RelayProcess | RelayNodes): Promise<void> {
    const until = Date.now() + (this.options.plant ? SETTLE_PLANTED_MS : SETTLE_MS);
    try {
      await within(
        until - Date.now(),
        'Not every listener came back',
        this.devices.map((device) => device.says('ready')),
      );
      for (const device of this.devices) device.finish();
      await within(
        until - Date.now(),
        'Not every listener came to its end',
        this.devices.map((device) => device.says('finished')),
      );
    } catch (error) {
      this.problems.push(String(error));
    }
    const late = this.clients.filter((client) => client.failed === undefined);
    const last = this.devices.map((device) => lastNumbers(device));
    const isBehind = ({ newest, device, runtime }: RecordingClient): boolean => newest < (last[device]?.[runtime] ?? 0);
    while (Date.now() < until && late.some(isBehind)) await wait(POLL_MS);
    if (!relay.isRunning) this.problems.push('A process of the relay ended by itself.');
    for (const device of this.devices) {
      if (!device.isRunning) this.problems.push(`The listener of ${device.id} ended by itself.`);
      if (device.stopped !== undefined) this.problems.push(`The listener of ${device.id} gave up: ${device.stopped}`);
    }
    for (const client of this.clients) {
      const name = `Client ${client.client} of device ${client.device}, runtime ${client.runtime}`;
      if (client.failed !== undefined) this.problems.push(`${name} failed: ${client.failed}`);
      else if (isBehind(client)) this.problems.push(`${name} never saw the last number.`);
      if (client.garbled > 0)
        this.problems.push(`${name} saw ${client.garbled} events that were changed on their way.`);
    }
  }

  private verdictOn(client: RecordingClient, witness: readonly Witnessed[]): Verdict {
    const ofRuntime = witness.filter(({ runtime }) => runtime === client.runtime);
    return compare(ofRuntime, client.seen, this.devices[client.device]?.process ?? 0);
  }

  private newFolder(name: string): string {
    const folder = path.join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }
}

/** By runtime. */
function lastNumbers(device: Device): number[] {
  const last: number[] = [];
  for (const { runtime, number } of device.witness) last[runtime] = number;
  return last;
}

async function within(ms: number, otherwise: string, all: readonly Promise<void>[]): Promise<void> {
  const limit = new AbortController();
  const late = wait(Math.max(0, ms), undefined, { signal: limit.signal }).then(() => {
    throw new Error(`${otherwise} within ${Math.round(ms / 1_000)} s.`);
  });
  try {
    await Promise.race([Promise.all(all), late]);
  } finally {
    limit.abort();
    late.catch(() => {});
  }
}
