import { Logger } from '@nestjs/common';
import { beforeEach, expect, it, vi } from 'vitest';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import type { Sighting } from './environment.js';
import { MemoryEnvironmentRegistry } from './memory-environment.registry.js';
import { ChangedEnvironments } from './changed-environments.js';
import { Presence } from './presence.js';

class Registry extends MemoryEnvironmentRegistry {
  readonly sightings: Sighting[] = [];
  fails = false;

  override async seen(_environmentId: string, sighting: Sighting): Promise<void> {
    if (this.fails) throw new Error('the disk is full');
    this.sightings.push(sighting);
  }
}

let registry: Registry;
let presence: Presence;
beforeEach(() => {
  registry = new Registry(new ManualClock());
  presence = new Presence(registry, new ChangedEnvironments());
});

it('knows every heartbeat at once, and writes one down every five minutes', () => {
  presence.connected('env-1', 1_000_000);
  for (let second = 30; second <= 630; second += 30) presence.heartbeat('env-1', 1_000_000 + second * 1_000);
  expect(presence.of('env-1')).toMatchObject({ online: true, connectedAt: 1_000_000, lastHeartbeat: 1_630_000 });
  expect(registry.sightings).toEqual([
    { lastSeenAt: 1_000_000, lastHeartbeat: null, offline: null },
    { lastSeenAt: 1_300_000, lastHeartbeat: 1_300_000, offline: null },
    { lastSeenAt: 1_600_000, lastHeartbeat: 1_600_000, offline: null },
  ]);
});

it('writes down when a link broke, and what it knew by then', () => {
  presence.connected('env-1', 1_000_000);
  presence.heartbeat('env-1', 1_030_000);
  presence.disconnected('env-1', 1_031_000);
  expect(presence.of('env-1')).toMatchObject({ online: true, awaySince: 1_031_000 });
  expect(registry.sightings.at(-1)).toEqual({ lastSeenAt: 1_031_000, lastHeartbeat: 1_030_000, offline: null });
});

it('goes on when nothing can be written, and says so once', async () => {
  const log = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  registry.fails = true;
  for (const hour of [1, 2, 3]) {
    presence.connected('env-1', hour * 3_600_000);
    await settle();
  }
  expect(presence.isOnline('env-1')).toBe(true);
  expect(log).toHaveBeenCalledTimes(1);
  expect(log.mock.calls[0]?.[0]).toContain('the disk is full');
  registry.fails = false;
  presence.connected('env-1', 4 * 3_600_000);
  await settle();
  registry.fails = true;
  presence.disconnected('env-1', 4 * 3_600_000 + 1);
  await settle();
  expect(log).toHaveBeenCalledTimes(2);
});

it('says since when a link is gone until it is back, or the environment is offline', () => {
  presence.connected('env-1', 1_000);
  expect(presence.of('env-1')?.awaySince).toBeNull();
  presence.disconnected('env-1', 2_000);
  expect(presence.of('env-1')?.awaySince).toBe(2_000);
  presence.connected('env-1', 3_000);
  expect(presence.of('env-1')?.awaySince).toBeNull();
  presence.disconnected('env-1', 4_000);
  presence.offline('env-1', 'lost', 124_000);
  const lost = { reason: 'lost', since: 124_000 };
  expect(presence.of('env-1')).toMatchObject({ online: false, awaySince: null, offline: lost });
  expect(registry.sightings.at(-1)).toEqual({ lastSeenAt: 4_000, lastHeartbeat: null, offline: lost });
  presence.offline('env-1', 'released', 200_000);
  expect(presence.of('env-1')?.offline).toEqual(lost);
  presence.connected('env-1', 201_000);
  expect(registry.sightings.at(-1)).toMatchObject({ offline: null });
});
