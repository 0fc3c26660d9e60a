import { beforeEach, expect, it } from 'vitest';
import type { Frame } from '../../../../protocol/index.js';
import { HomeCalls } from './home-calls.js';
import { OwnHome } from './own-homes.js';
import { type Arrival, NOT_HERE } from './way-home.js';

const COMMAND = { type: 'list_in_directory' };
const ANSWER = { type: 'list_in_directory_response', success: true };
const OFFLINE = { ...ANSWER, success: false, error_code: 'DEVICE_OFFLINE' };

class World {
  isHere = true;
  isReached = true;
  readonly did: string[] = [];
  /** What the device answers. */
  request: () => Frame = () => ANSWER;
  readonly calls = new HomeCalls({
    here: {
      request: async () => this.request(),
      runtimesOf: async (_id, limit) => ({ runtimes: [], more: limit > 1 }) as never,
      end: async (id, how) => void this.did.push(`${how} ${id}`),
    },
    own: { has: () => this.isHere, remove: async (id) => void this.did.push(`remove ${id}`) },
    way: {
      take: async <T>(_newcomer: object, { atHome }: Arrival<T>) => {
        if (!this.isReached) return undefined;
        const done = await atHome(new OwnHome({ node: 'self', term: 1, before: undefined }, 0));
        return done === NOT_HERE ? undefined : { done: done as T };
      },
    },
  });
}

let world: World;
beforeEach(() => {
  world = new World();
});

it('asks the home, and says that it is away where nobody is', async () => {
  expect(await world.calls.call('env', { method: 'request', command: COMMAND })).toBe(ANSWER);
  expect(await world.calls.call('env', { method: 'runtimes', limit: 1 })).toEqual({ runtimes: [], more: false });
  world.isReached = false;
  await expect(world.calls.call('env', { method: 'request', command: COMMAND })).rejects.toMatchObject({
    code: 'NODE_AWAY',
  });
});

it('removes what was deleted, and nothing that was released', async () => {
  await world.calls.call('env', { method: 'end', how: 'released' });
  await world.calls.call('env', { method: 'end', how: 'deleted' });
  expect(world.did).toEqual(['released env', 'deleted env', 'remove env']);
});

it('does nothing where the home has moved', async () => {
  world.isHere = false;
  expect(await world.calls.serve('env', { method: 'end', how: 'deleted' })).toBe(NOT_HERE);
  expect(world.did).toEqual([]);
});

it('is asked again where the home has moved while a command waited for its device', async () => {
  world.request = () => OFFLINE;
  expect(await world.calls.serve('env', { method: 'request', command: COMMAND })).toBe(OFFLINE);
  world.request = () => ((world.isHere = false), OFFLINE);
  expect(await world.calls.serve('env', { method: 'request', command: COMMAND })).toBe(NOT_HERE);
});
