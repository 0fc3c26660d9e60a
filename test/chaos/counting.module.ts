import { Module } from '@nestjs/common';
import { ListenerModule } from 'twinlane';
import { Counters } from './counters.js';
import { AGENT_NAME, CountingAgent } from './counting.agent.js';
import { LISTENER_SETTINGS, type ListenerSettings } from './listener-messages.js';
import { TurnStarter } from './turn-starter.js';

/** Everything that waits, waits short, so that a minute holds many faults; each limit is an option of the listener. Times in ms. */
const IMPATIENT = { requestDeadlineMs: 2_000, backoffMinMs: 50, backoffMaxMs: 500 };
const IMPATIENT_LINK = {
  heartbeatMs: 500,
  upgradeDeadlineMs: 2_000,
  readyDeadlineMs: 2_000,
  backoffMinMs: 50,
  backoffMaxMs: 500,
  backoffResetAfterMs: 2_000,
};

/** A listener as any other, with an agent that counts. */
@Module({})
export class CountingModule {
  static forRoot(settings: ListenerSettings) {
    const { server, token, deviceId, workspace, dataDir, plain } = settings;
    const listener = ListenerModule.forRoot({
      server,
      token,
      deviceId,
      connectionName: deviceId,
      workspace,
      dataDir,
      agent: AGENT_NAME,
      mode: 'unrestricted',
      registration: { ...IMPATIENT, ...(plain ? { metadata: { supportsResumableChannels: false } } : {}) },
      transport: IMPATIENT_LINK,
    });
    return {
      module: CountingModule,
      imports: [listener],
      providers: [{ provide: LISTENER_SETTINGS, useValue: settings }, Counters, CountingAgent, TurnStarter],
    };
  }
}
