import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, type EnvironmentRecord, TwinlaneClient } from '../../src/client/index.js';
import { ListenerModule } from '../../src/listener/index.js';
import type { Runtime } from '../../src/protocol/index.js';
import { installRelay, RelayModule } from '../../src/relay/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../../src/transport/index.js';
import { engineOptions } from './engine-under-test.js';
import { SILENT } from './silent-logger.js';

export const TOKEN = 'a-token-for-tests-only';

const PATIENCE_MS = 60_000;

/** What the relay is built with, extensions included. */
type RelaySetup = Partial<Parameters<typeof RelayModule.forRoot>[0]>;

/** What the listener is built with, extensions included. */
type ListenerSetup = Partial<Parameters<typeof ListenerModule.forRoot>[0]>;

export interface TwinlaneOptions {
  readonly relay?: RelaySetup;
  readonly listener?: ListenerSetup;
}

/** A relay and one listener of it, in this process, over real sockets. */
export class Twinlane {
  private readonly attachments: Attachment[] = [];

  private constructor(
    readonly url: string,
    /** Real path of the listener's workspace; removed by `close`. */
    readonly workspace: string,
    readonly relay: NestExpressApplication,
    readonly listener: INestApplicationContext,
  ) {}

  static async start({ relay = {}, listener = {} }: TwinlaneOptions = {}): Promise<Twinlane> {
    const workspace = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-')));
    const relayApp = await startRelay(relay);
    const url = urlOf(relayApp);
    const listenerApp = await startListener({ server: url, workspace, ...listener });
    return new Twinlane(url, workspace, relayApp, listenerApp);
  }

  client(token = TOKEN): TwinlaneClient {
    return new TwinlaneClient({ server: this.url, token, WebSocket });
  }

  /** Attaches a client of its own and starts a runtime, or follows a given one. */
  async attach(
    runtime?: Runtime,
    fields: Parameters<Attachment['runtimeStart']>[0] = { agent_id: null },
  ): Promise<Attachment> {
    const client = this.client();
    const environment = await onlineEnvironment(client);
    const attachment = await client.attach(environment, runtime ? { runtime } : {});
    this.attachments.push(attachment);
    if (!runtime) await attachment.runtimeStart(fields);
    return attachment;
  }

  async close(): Promise<void> {
    for (const attachment of this.attachments) attachment.close();
    await this.listener.close();
    await this.relay.close();
    await rm(this.workspace, { recursive: true, force: true });
  }
}

/** @param port default: one that is free */
export async function startRelay(options: RelaySetup = {}, port = 0): Promise<NestExpressApplication> {
  const setup = { tokens: [TOKEN], ...engineOptions(options.dataDir), ...options };
  const module = await Test.createTestingModule({ imports: [RelayModule.forRoot(setup)] })
    .setLogger(SILENT)
    .compile();
  const app = module.createNestApplication<NestExpressApplication>();
  installRelay(app);
  await app.listen(port, '127.0.0.1');
  return app;
}

/** The first environment that is online, once there is one: with many nodes a relay shows it a moment after its listener is ready. */
export async function onlineEnvironment(
  client: TwinlaneClient,
  wanted: (environment: EnvironmentRecord) => boolean = () => true,
): Promise<EnvironmentRecord> {
  return vi.waitFor(async () => {
    const found = (await client.environments({ onlineOnly: true })).find(wanted);
    if (!found) throw new Error('no environment is online');
    return found;
  }, PATIENCE_MS);
}

export function urlOf(app: NestExpressApplication): string {
  return `http://127.0.0.1:${(app.getHttpServer() as { address(): AddressInfo }).address().port}`;
}

export async function startListener(options: ListenerSetup & { server: string }): Promise<INestApplicationContext> {
  const app = await Test.createTestingModule({
    imports: [
      ListenerModule.forRoot({
        token: TOKEN,
        deviceId: 'device-1',
        connectionName: 'laptop',
        mode: 'unrestricted',
        ...options,
      }),
    ],
  })
    .setLogger(SILENT)
    .compile();
  await app.init();
  for await (const { phase, reason } of app.get<LinkMonitor>(LINK_MONITOR, { strict: false }).states()) {
    if (phase === 'ready') return app;
    if (phase === 'stopped') throw new Error(`the listener stopped: ${reason}`);
  }
  throw new Error('the listener never became ready');
}
