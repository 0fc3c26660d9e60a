import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import type { Audit } from '../audit/audit.js';
import { LiveSockets } from '../access/live-sockets.js';
import type { Engine } from '../engine/engine.js';
import { ChangedEnvironments } from './changed-environments.js';
import { EnvironmentsService } from './environments.service.js';
import { MemoryEnvironmentRegistry } from './memory-environment.registry.js';
import { SupersededListeners } from './superseded-listeners.js';

const OPERATOR = { tokenId: 'root', organizationId: 'acme', role: 'operator', mayApprove: true } as const;

it('of what the node of an environment said and what is recorded the later heartbeat is shown', async () => {
  const clock = new ManualClock();
  const registry = new MemoryEnvironmentRegistry(clock);
  const { environment } = await registry.register({
    organizationId: 'acme',
    tokenId: 'token-a',
    deviceId: 'laptop',
    listenerInstanceId: undefined,
    connectionName: 'laptop',
    metadata: {},
  });
  let said: number | null = null;
  const engine = {
    presenceOf: () => ({
      online: true,
      connectedAt: 1,
      awaySince: null,
      lastHeartbeat: said,
      lastSeenAt: 1,
      offline: null,
    }),
    factsOf: () => ({}),
    servedBy: () => undefined,
  } as unknown as Engine;
  const service = new EnvironmentsService(
    registry,
    new SupersededListeners(clock),
    engine,
    {} as Audit,
    new LiveSockets(clock),
    new ChangedEnvironments(),
  );
  const shown = async (): Promise<number | null> => (await service.get(OPERATOR, environment.id)).lastHeartbeat;
  expect(await shown()).toBeNull();
  said = 10;
  expect(await shown()).toBe(10);
  await registry.seen(environment.id, { lastSeenAt: 20, lastHeartbeat: 20, offline: null });
  expect(await shown()).toBe(20);
  said = 30;
  expect(await shown()).toBe(30);
});
