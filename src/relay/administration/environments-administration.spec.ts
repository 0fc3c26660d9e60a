import { beforeEach, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import type { Identity } from '../access/identity.js';
import { LiveSockets } from '../access/live-sockets.js';
import { MemoryTokenStore } from '../access/tokens/memory-token.store.js';
import type { Engine } from '../engine/engine.js';
import { ChangedEnvironments } from '../environments/changed-environments.js';
import { MemoryEnvironmentRegistry } from '../environments/memory-environment.registry.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import { RoutingOptions } from '../routing/routing.options.js';
import { RoutingService } from '../routing/routing.service.js';
import { EnvironmentsAdministration } from './environments-administration.js';
import { OrganizationsService } from './organizations.service.js';
import { Revocation } from './revocation.js';

const OPERATOR: Identity = { tokenId: 'root', organizationId: 'acme', role: 'operator', mayApprove: true };

/** An admin, and a home that is away when it is asked first. */
function open() {
  const clock = new ManualClock();
  const registry = new MemoryEnvironmentRegistry(clock);
  const end = vi.fn<Engine['end']>().mockRejectedValueOnce(new RelayError('NODE_AWAY')).mockResolvedValue();
  const deleted = vi.fn<Engine['deleted']>();
  const engine = { end, deleted } as unknown as Engine;
  const environments = new EnvironmentsAdministration(registry, engine, new ChangedEnvironments());
  const register = () =>
    registry.register({
      organizationId: 'acme',
      tokenId: 'token-a',
      deviceId: 'laptop',
      listenerInstanceId: undefined,
      connectionName: 'laptop',
      metadata: {},
    });
  return { clock, registry, end, deleted, environments, register };
}

let world: ReturnType<typeof open>;
beforeEach(() => {
  world = open();
});

it('a deletion that the home did not hear of can be asked for again; nobody comes back meanwhile', async () => {
  const { registry, end, environments, register } = world;
  const { environment, secret } = await register();
  await expect(environments.delete(OPERATOR, environment.id)).rejects.toMatchObject({ code: 'NODE_AWAY' });
  expect(await registry.standingOf(environment.connectionId, secret)).toMatchObject({ state: 'void' });
  await environments.delete(OPERATOR, environment.id);
  expect(end).toHaveBeenCalledTimes(2);
  expect(await registry.list('acme')).toEqual([]);
});

it('so can that of an organisation', async () => {
  const { clock, registry, environments, register } = world;
  const store = new MemoryTokenStore();
  await store.addOrganization({ id: 'acme', name: 'Acme', createdAt: 1 });
  const revocation = new Revocation(new LiveSockets(clock), new RoutingService(new RoutingOptions(), clock));
  const organizations = new OrganizationsService(store, registry, environments, revocation, new RelayOptions(), clock);
  await register();
  await expect(organizations.remove(OPERATOR, 'acme')).rejects.toMatchObject({ code: 'NODE_AWAY' });
  expect(await organizations.remove(OPERATOR, 'acme')).toMatchObject({ id: 'acme', deletedEnvironments: 1 });
  await expect(organizations.remove(OPERATOR, 'acme')).rejects.toMatchObject({ code: 'ORGANIZATION_UNKNOWN' });
});

it('whoever came to an environment while it was deleted is told to come again when nobody finds it any more', async () => {
  const { registry, end, deleted, environments, register } = world;
  end.mockReset().mockResolvedValue();
  const { environment } = await register();
  const found: Promise<readonly unknown[]>[] = [];
  deleted.mockImplementation(() => void found.push(registry.list('acme')));
  await environments.delete(OPERATOR, environment.id);
  expect(deleted).toHaveBeenCalledExactlyOnceWith(environment.id);
  expect(await Promise.all(found)).toEqual([[]]);
});
