import { mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type DeviceRooms,
  type DeviceRoomsSetup,
  READY_LINK,
  startDeviceRooms,
} from '../../../test/kit/device-rooms.js';
import { AsyncBroadcast } from '../../protocol/index.js';
import type { LinkMonitor, LinkState } from '../../transport/index.js';

let rooms: DeviceRooms;
const at = (...names: string[]): string => path.join(rooms.root, ...names);

const start = async (setup: DeviceRoomsSetup = {}): Promise<void> => {
  rooms = await startDeviceRooms(setup);
};
beforeEach(() => start());
afterEach(() => rooms.close());

const watch = (file: string) => rooms.ask({ type: 'watch_file', path: file });
const unwatch = (file: string) => rooms.ask({ type: 'unwatch_file', path: file });
const told = () => rooms.emitter.ofType('file_changed');

/** Does something, and waits until a change is told that is as wanted. */
async function tells(wanted: object, work: () => Promise<unknown>): Promise<void> {
  const before = told().length;
  await work();
  const fits = Object.entries({ deleted: undefined, ...wanted });
  await rooms.emitter.until(
    (frame) => told().indexOf(frame) >= before && fits.every(([name, value]) => frame[name] === value),
  );
}

describe('a watched file', () => {
  it('is told as it was named, with the time of its change', async () => {
    await writeFile(at('a.txt'), 'old');
    expect(await rooms.ask({ type: 'watch_file', path: at('a.txt'), request_id: 'q7' })).toEqual({
      type: 'watch_file_response',
      request_id: 'q7',
      success: true,
      path: at('a.txt'),
      lastModified: expect.any(Number),
    });
    await watch('a.txt');
    const seconds = 1_795_349_892;
    const change = async (): Promise<void> => {
      await writeFile(at('a.txt'), 'new');
      await utimes(at('a.txt'), seconds, seconds);
    };
    await tells({ path: at('a.txt'), lastModified: seconds * 1_000 }, change);
    await rooms.emitter.until((frame) => frame['path'] === 'a.txt' && frame['lastModified'] === seconds * 1_000);
    expect(Object.keys(told()[0] ?? {}).toSorted()).toEqual(['lastModified', 'path', 'type']);
  });

  it('may be replaced, deleted and made again', async () => {
    await writeFile(at('a'), '1');
    await watch('a');
    await tells({ path: 'a' }, async () => {
      await writeFile(at('new'), '22');
      await rename(at('new'), at('a'));
    });
    await tells({ path: 'a' }, () => writeFile(at('a'), '333'));
    await tells({ path: 'a', deleted: true }, () => rm(at('a')));
    await tells({ path: 'a' }, () => writeFile(at('a'), '4'));
    await tells({ path: 'a' }, () => rooms.ask({ type: 'write_file', path: 'a', content: '55' }));
  });

  it('may go with its directory, and come back', async () => {
    await mkdir(at('sub', 'deep'), { recursive: true });
    await writeFile(at('sub', 'deep', 'a'), '1');
    await watch('sub/deep/a');
    await tells({ deleted: true }, () => rm(at('sub'), { recursive: true }));
    await mkdir(at('sub'));
    await tells({}, async () => {
      await mkdir(at('sub', 'deep'));
      await writeFile(at('sub', 'deep', 'a'), '22');
    });
    await tells({}, () => writeFile(at('sub', 'deep', 'a'), '333'));
  });

  it('need not exist yet', async () => {
    await watch('later/a');
    await tells({ path: 'later/a' }, async () => {
      await mkdir(at('later'));
      await writeFile(at('later', 'a'), '1');
    });
  });

  it('is watched once, and not any more after unwatch_file', async () => {
    await writeFile(at('a'), '1');
    await Promise.all([watch('a'), watch('a')]);
    await watch('b');
    await tells({ path: 'a' }, () => writeFile(at('a'), '22'));
    expect(told()).toHaveLength(1);
    expect(await unwatch('a')).toMatchObject({ success: true, path: 'a' });
    expect(await unwatch('never')).toMatchObject({ success: true, path: 'never' });
    await writeFile(at('a'), '333');
    await tells({ path: 'b' }, () => writeFile(at('b'), '1'));
    expect(told().filter((frame) => frame['path'] === 'a')).toHaveLength(1);
  });

  it('is not told for what happens beside it', async () => {
    await writeFile(at('a'), '1');
    await watch('a');
    await writeFile(at('beside'), '1');
    await tells({ path: 'a' }, () => writeFile(at('a'), '22'));
    expect(told()).toHaveLength(1);
  });
});

it('there are no more watches than the bound', async () => {
  await rooms.close();
  await start({ commands: { maxWatches: 1 } });
  await watch('a');
  expect(await watch('b')).toMatchObject({
    success: false,
    error_code: 'TOO_MANY',
    error: '1 files are watched already; unwatch one of them first.',
    path: 'b',
  });
  expect(await watch('a')).toMatchObject({ success: true });
  await unwatch('a');
  expect(await watch('b')).toMatchObject({ success: true });
});

it('C35 nothing is watched outside of the workspace, nor what is denied', async () => {
  await symlink('/etc', at('outside'));
  for (const file of ['../a', '/etc/hostname', 'outside/hostname'])
    expect(await watch(file)).toMatchObject({ success: false, error_code: 'PATH_REFUSED', path: file });
  for (const file of ['.env', '.git/HEAD'])
    expect(await watch(file)).toMatchObject({ success: false, error_code: 'PATH_DENIED' });
});

it('what happens while there is no link is told when there is one, as it is then', async () => {
  await rooms.close();
  const link = new SteppedLink();
  await start({ links: link });
  await writeFile(at('a'), '1');
  await watch('a');
  await watch('b');
  link.enter('offline');
  await writeFile(at('a'), '22');
  await rm(at('a'));
  await writeFile(at('a'), '333');
  await tells({ path: 'a' }, async () => link.enter('ready'));
  expect(told()).toHaveLength(1);
});

/** A link that is there when a test says so. */
class SteppedLink implements LinkMonitor {
  current = READY_LINK.current;
  private readonly entered = new AsyncBroadcast<LinkState>();

  enter(phase: 'ready' | 'offline'): void {
    this.current = phase === 'ready' ? READY_LINK.current : { phase };
    this.entered.publish(this.current);
  }

  states(): AsyncIterable<LinkState> {
    return this.entered.values(this.current);
  }
}
