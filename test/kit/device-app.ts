import { type INestApplicationContext, Module, type OnApplicationBootstrap, type Provider } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type EmitterModuleOptions, ProtocolEmitterModule, ProtocolEmitterService } from '../../src/emitter/index.js';
import { CLOCK, type Extension } from '../../src/config/index.js';
import { type Clock, type Runtime, SYSTEM_CLOCK } from '../../src/protocol/index.js';
import { RegistrationModule } from '../../src/registration/index.js';
import {
  CONTROL_CLIENT,
  type ChannelClient,
  LINK_MONITOR,
  type LinkMonitor,
  type LinkPhase,
  LinkSupervisor,
  STREAM_CLIENT,
  TransportModule,
  type TransportModuleOptions,
} from '../../src/transport/index.js';

import { SILENT } from './silent-logger.js';

@Module({})
class StartLink implements OnApplicationBootstrap {
  constructor(private readonly links: LinkSupervisor) {}

  onApplicationBootstrap(): void {
    this.links.start();
  }
}

/** Registration, transport and emitter on their own, without commands or agents. */
export interface DeviceApp {
  readonly app: INestApplicationContext;
  readonly emitter: ProtocolEmitterService;
  readonly links: LinkSupervisor;
  readonly control: ChannelClient;
  readonly stream: ChannelClient;
  readonly monitor: LinkMonitor;
  reaches(phase: LinkPhase): Promise<void>;
  close(): Promise<void>;
}

export const RUNTIME: Runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };

export async function startDevice(
  server: string,
  {
    transport = {},
    emitter = {},
    clock = SYSTEM_CLOCK,
    registration: extend = {},
  }: {
    transport?: Partial<TransportModuleOptions>;
    emitter?: EmitterModuleOptions;
    clock?: Clock;
    registration?: Extension;
  } = {},
): Promise<DeviceApp> {
  const onClock: Provider[] = [{ provide: CLOCK, useValue: clock }];
  const names = { deviceId: 'device-1', connectionName: 'laptop' };
  const registration = RegistrationModule.forRoot({
    server,
    token: 'secret',
    backoffMinMs: 1,
    backoffMaxMs: 5,
    ...names,
    extend: { ...extend, providers: [...onClock, ...(extend.providers ?? [])] },
  });
  const transportModule = TransportModule.forRoot({
    ...names,
    backoffMinMs: 1,
    backoffMaxMs: 5,
    ...transport,
    extend: { imports: [registration], providers: onClock },
  });
  const emitterModule = ProtocolEmitterModule.forRoot({
    ...emitter,
    extend: { imports: [transportModule], providers: onClock },
  });
  const app = await Test.createTestingModule({
    imports: [registration, transportModule, emitterModule, { module: StartLink, imports: [transportModule] }],
  })
    .setLogger(SILENT)
    .compile();
  await app.init();
  const monitor = app.get<LinkMonitor>(LINK_MONITOR, { strict: false });
  const links = app.get(LinkSupervisor, { strict: false });
  return {
    app,
    emitter: app.get(ProtocolEmitterService, { strict: false }),
    links,
    control: app.get<ChannelClient>(CONTROL_CLIENT, { strict: false }),
    stream: app.get<ChannelClient>(STREAM_CLIENT, { strict: false }),
    monitor,
    async reaches(phase) {
      for await (const state of monitor.states()) if (state.phase === phase) return;
      throw new Error(`the link stopped before it was ${phase}`);
    },
    async close() {
      await links.stop();
      await app.close();
    },
  };
}
