import { beforeEach, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import type { Frame } from '../protocol/index.js';
import { CommandError, DisconnectedError } from './client.error.js';
import { WatchedFiles } from './watched-files.js';

let asked: { readonly fields: object; resolve(answer: Frame): void; reject(error: Error): void }[];
let shown: Frame[];
let watches: WatchedFiles;
let clock: ManualClock;
beforeEach(() => {
  asked = [];
  shown = [];
  const ask = (_command: string, fields: object): Promise<Frame> =>
    new Promise((resolve, reject) => asked.push({ fields, resolve, reject }));
  clock = new ManualClock();
  watches = new WatchedFiles(clock, { commandTimeoutMs: 1_000 }, { ask }, (frame) => void shown.push(frame));
});

const answer = (fields: object = {}): Frame => ({ type: 'watch_file_response', success: true, path: 'a', ...fields });
const watch = (fields: object = {}) => watches.answered('watch_file', { path: 'a' }, answer(fields));
async function comesBack(fields: object): Promise<void> {
  watches.resume();
  asked.at(-1)?.resolve(answer(fields));
  await settle();
}

it('asks again on each new link, once, for what is watched still', async () => {
  watch();
  watches.answered('watch_file', { path: 'b' }, answer());
  watches.answered('unwatch_file', { path: 'b' }, answer());
  watches.resume();
  watches.resume();
  expect(asked.map(({ fields }) => fields)).toEqual([{ path: 'a' }]);
  asked[0]?.resolve(answer());
  await settle();
  watches.resume();
  expect(asked).toHaveLength(2);
  expect(shown).toEqual([]);
});

it('tells what changed meanwhile, and nothing else', async () => {
  watch({ lastModified: 1 });
  await comesBack({ lastModified: 1 });
  watches.learn({ type: 'file_changed', path: 'a', lastModified: 2 });
  await comesBack({ lastModified: 2 });
  expect(shown).toEqual([]);
  await comesBack({ lastModified: 3 });
  await comesBack({ lastModified: null });
  await comesBack({ lastModified: 4 });
  expect(shown).toMatchObject([
    { type: 'file_changed', path: 'a', lastModified: 3 },
    { type: 'file_changed', path: 'a', deleted: true },
    { type: 'file_changed', path: 'a', lastModified: 4 },
  ]);
});

it('takes what was told since it asked for newer than the answer', async () => {
  watch({ lastModified: 1 });
  watches.resume();
  asked[0]?.resolve(answer({ lastModified: 1 }));
  // In the same message of the network, right behind the answer.
  watches.learn({ type: 'file_changed', path: 'a', lastModified: 2 });
  await settle();
  expect(shown).toEqual([]);
  await comesBack({ lastModified: 2 });
  expect(shown).toEqual([]);
});

it('tells nothing where a device does not say when it changed', async () => {
  watch();
  await comesBack({});
  await comesBack({ lastModified: 3 });
  expect(shown).toEqual([]);
});

it('says that a file is watched no longer', async () => {
  watch();
  watches.resume();
  asked[0]?.reject(new CommandError('watch_file', 'TOO_MANY', 'Too many are watched.'));
  await settle();
  expect(shown).toMatchObject([{ type: 'watch_file_response', path: 'a', success: false, error_code: 'TOO_MANY' }]);
  watches.resume();
  expect(asked).toHaveLength(1);
});

it.each(['DEVICE_OFFLINE', 'COMMAND_TIMEOUT', 'NOT_SENT', 'OUTCOME_UNKNOWN', 'DRAINING'])(
  'asks once more where nobody could ask the device (%s), and tells what changed until then',
  async (code) => {
    watch({ lastModified: 1 });
    watches.resume();
    asked[0]?.reject(new CommandError('watch_file', code, 'Not now.'));
    await settle();
    expect([shown, asked.length]).toEqual([[], 1]);
    await clock.advance(1_000);
    expect(asked).toHaveLength(2);
    asked[1]?.resolve(answer({ lastModified: 2 }));
    await settle();
    expect(shown).toMatchObject([{ type: 'file_changed', path: 'a', lastModified: 2 }]);
    expect(clock.pending).toBe(0);
  },
);

it('asks sooner where a new link is up, and no more once the attachment has ended or nobody watches', async () => {
  watch();
  watches.resume();
  asked[0]?.reject(new CommandError('watch_file', 'DEVICE_OFFLINE', 'Not now.'));
  await settle();
  watches.resume();
  expect([asked.length, clock.pending]).toEqual([2, 0]);
  asked[1]?.reject(new CommandError('watch_file', 'DEVICE_OFFLINE', 'Not now.'));
  await settle();
  watches.asks('unwatch_file', { path: 'a' });
  expect(clock.pending).toBe(0);
  watch();
  watches.resume();
  asked[2]?.reject(new CommandError('watch_file', 'DEVICE_OFFLINE', 'Not now.'));
  await settle();
  watches.end();
  expect(clock.pending).toBe(0);
});

it('asks no more for what is being unwatched', () => {
  watch();
  watches.asks('unwatch_file', { path: 'a' });
  watches.resume();
  expect(asked).toEqual([]);
});

it('says nothing where the attachment ends', async () => {
  watch();
  watches.resume();
  asked[0]?.reject(new DisconnectedError('closed'));
  await settle();
  expect(shown).toEqual([]);
});
