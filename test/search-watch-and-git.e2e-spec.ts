import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Attachment, CommandError, isEvent } from '../src/client/index.js';
import type { Frame } from '../src/protocol/index.js';
import { GitRepository } from './kit/git-repository.js';
import { Twinlane } from './kit/twinlane.js';

let twinlane: Twinlane;
afterEach(() => twinlane.close());

const at = (...names: string[]): string => path.join(twinlane.workspace, ...names);

/** The code a command was refused with. */
async function refusal(attachment: Attachment, type: string, fields: Readonly<Record<string, unknown>>) {
  try {
    await attachment.command(type, fields);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.code;
  }
}

async function next(frames: AsyncIterator<Frame, undefined>): Promise<Frame | undefined> {
  const { value } = await frames.next();
  return value;
}

it('a client finds files and what they hold', async () => {
  twinlane = await Twinlane.start();
  const attachment = await twinlane.attach();
  GitRepository.create(twinlane.workspace);
  await writeFile(at('.gitignore'), '*.log\n');
  await writeFile(at('notes.txt'), 'häy\nthe needle\n');
  await writeFile(at('notes.log'), 'the needle\n');
  await writeFile(at('.env'), 'the needle\n');
  expect(await attachment.command('search_files', { query: 'nts' })).toMatchObject({
    files: [{ path: 'notes.txt', type: 'file' }],
    total: 1,
    hasMore: false,
  });
  expect(await attachment.command('grep_in_files', { query: 'need.e', is_regex: true })).toMatchObject({
    matches: [{ path: 'notes.txt', line: 2, column: 5, column_end: 11, text: 'the needle' }],
    truncated: false,
  });
});

describe('watched files', () => {
  it('are told to the clients that watch them, and to no other', async () => {
    twinlane = await Twinlane.start();
    await writeFile(at('a'), '1');
    const [one, two, three] = [await twinlane.attach(), await twinlane.attach(), await twinlane.attach()];
    const [toOne, toTwo, toThree] = [one.frames(), two.frames(), three.frames()];
    await one.command('watch_file', { path: 'a' });
    await two.command('watch_file', { path: 'a' });
    await three.command('watch_file', { path: 'b' });
    await writeFile(at('new'), '22');
    await rename(at('new'), at('a'));
    const change = { type: 'file_changed', path: 'a', lastModified: expect.any(Number) };
    expect(await next(toOne)).toMatchObject(change);
    expect(await next(toTwo)).toMatchObject(change);
    await one.command('unwatch_file', { path: 'a' });
    await writeFile(at('a'), '333');
    expect(await next(toTwo)).toMatchObject(change);
    await writeFile(at('b'), '1');
    expect(await next(toThree)).toMatchObject({ ...change, path: 'b' });
    await one.command('watch_file', { path: 'b' });
    await writeFile(at('b'), '22');
    expect(await next(toOne)).toMatchObject({ path: 'b' });
  });

  it('are watched no longer once nobody does', async () => {
    twinlane = await Twinlane.start({ listener: { commands: { maxWatches: 1 } } });
    const [one, two] = [await twinlane.attach(), await twinlane.attach()];
    await one.command('watch_file', { path: 'a' });
    await two.command('watch_file', { path: 'a' });
    expect(await refusal(one, 'watch_file', { path: 'b' })).toBe('TOO_MANY');
    await one.command('unwatch_file', { path: 'a' });
    expect(await refusal(one, 'watch_file', { path: 'b' })).toBe('TOO_MANY');
    await two.command('unwatch_file', { path: 'a' });
    expect(await refusal(one, 'watch_file', { path: 'b' })).toBeUndefined();
  });
});

it('a client changes the branch, and everybody sees it in the device status', async () => {
  twinlane = await Twinlane.start();
  const repository = GitRepository.create(twinlane.workspace);
  repository.git('branch', 'feature/x');
  const attachment = await twinlane.attach();
  const watcher = await twinlane.attach(attachment.runtime);
  const events = watcher.events();
  expect(await attachment.command('search_branches', { query: 'ftx' })).toMatchObject({
    branches: [{ name: 'feature/x', is_current: false, is_remote: false }],
  });
  await attachment.command('checkout_branch', { branch: 'feature/x' });
  expect(repository.branch).toBe('feature/x');
  for await (const frame of events)
    if (isEvent(frame, 'update_device_status') && frame.device_status.git_context?.branch === 'feature/x') {
      expect(frame.device_status.git_context.recent_branches).toEqual(['main']);
      break;
    }
});

it('C35 nothing leads out of the workspace, and no name is an option', async () => {
  twinlane = await Twinlane.start();
  const repository = GitRepository.create(twinlane.workspace);
  const attachment = await twinlane.attach();
  await mkdir(at('sub'));
  await symlink('/', at('sub', 'outside'));
  for (const place of ['..', '/', 'sub/outside', 'sub/../..']) {
    for (const [type, fields] of [
      ['search_files', { query: '', cwd: place }],
      ['grep_in_files', { query: 'x', cwd: place }],
      ['search_branches', { query: '', cwd: place }],
      ['checkout_branch', { branch: 'main', cwd: place }],
      ['watch_file', { path: `${place}/x` }],
    ] as const)
      expect([type, place, await refusal(attachment, type, fields)]).toEqual([type, place, 'PATH_REFUSED']);
  }
  for (const branch of ['--force', '-', '--orphan=x'])
    expect(await refusal(attachment, 'checkout_branch', { branch, create: true })).toBe('COMMAND_INVALID');
  expect(repository.branch).toBe('main');
  const { files } = await attachment.command('search_files', { query: '', cwd: 'sub' });
  expect(files).toEqual([]);
});
