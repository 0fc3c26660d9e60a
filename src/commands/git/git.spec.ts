import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DeviceRooms, startDeviceRooms } from '../../../test/kit/device-rooms.js';
import { GitRepository } from '../../../test/kit/git-repository.js';
import type { DeviceStatus, Runtime } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { Git } from './git.js';

let rooms: DeviceRooms;
let repository: GitRepository;
const at = (...names: string[]): string => path.join(rooms.root, ...names);

beforeEach(async () => {
  rooms = await startDeviceRooms();
  repository = GitRepository.create(rooms.root);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rooms.close();
});

describe('search_branches', () => {
  const search = (fields: object = {}) => rooms.ask({ type: 'search_branches', query: '', ...fields });

  it('lists branches as stock listeners do', async () => {
    repository.git('branch', 'feature/x');
    expect(await search({ cwd: rooms.root, request_id: 'q10' })).toEqual({
      type: 'search_branches_response',
      request_id: 'q10',
      success: true,
      branches: [
        { name: 'feature/x', is_current: false, is_remote: false },
        { name: 'main', is_current: true, is_remote: false },
      ],
      hasMore: false,
    });
  });

  it('shows those of remotes last, and nothing that only stands for another', async () => {
    repository.git('update-ref', 'refs/remotes/origin/theirs', 'HEAD');
    repository.git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/theirs');
    expect(await search()).toMatchObject({
      branches: [{ name: 'main' }, { name: 'origin/theirs', is_current: false, is_remote: true }],
    });
  });

  it('finds by letters of names, the best first, as many as wanted', async () => {
    for (const name of ['feature/login', 'fix/logging', 'other']) repository.git('branch', name);
    expect(await search({ query: 'login' })).toMatchObject({ branches: [{ name: 'feature/login' }, {}] });
    expect(await search({ query: 'zz' })).toMatchObject({ branches: [], hasMore: false });
    expect(await search({ max_results: 2 })).toMatchObject({ branches: [{}, {}], hasMore: true });
  });

  it('a repository without a commit has none', async () => {
    await mkdir(at('new'));
    repository.git('init', '--quiet', 'new');
    expect(await search({ cwd: 'new' })).toMatchObject({ success: true, branches: [] });
  });

  it('says that there is no repository', async () => {
    await rm(at('.git'), { recursive: true });
    expect(await search()).toMatchObject({
      success: false,
      error_code: 'COMMAND_FAILED',
      error: `${rooms.root} is not in a git repository; pass the cwd of one, or run "git init" there.`,
      branches: [],
    });
  });

  it('C35 stays in the workspace', async () => {
    await symlink('/', at('outside'));
    for (const cwd of ['..', '/', 'outside'])
      expect(await search({ cwd })).toMatchObject({ success: false, error_code: 'PATH_REFUSED' });
    expect(await search({ cwd: '.git' })).toMatchObject({ success: false, error_code: 'PATH_DENIED' });
  });

  it('takes no directory for a repository that only looks like a bare one', async () => {
    repository.git('init', '--quiet', '--bare', 'inner');
    expect(await search({ cwd: 'inner' })).toMatchObject({
      success: false,
      error_code: 'COMMAND_FAILED',
      error: expect.stringContaining('bare repository'),
    });
  });
});

describe('checkout_branch', () => {
  const checkout = (branch: string, fields: object = {}) => rooms.ask({ type: 'checkout_branch', branch, ...fields });

  it('changes to a branch, and to a new one', async () => {
    repository.git('branch', 'feature/x');
    expect(await checkout('feature/x', { cwd: rooms.root, request_id: 'q11' })).toEqual({
      type: 'checkout_branch_response',
      request_id: 'q11',
      success: true,
      branch: 'feature/x',
    });
    expect(repository.branch).toBe('feature/x');
    expect(await checkout('new/y', { create: true })).toMatchObject({ success: true, branch: 'new/y' });
    expect(repository.branch).toBe('new/y');
  });

  it('C35 refuses a name that looks like an option, and what is none', async () => {
    for (const branch of ['--force', '-f', '-', '--detach', '', 'a\0b', 'a\nb'])
      for (const create of [false, true])
        expect(await checkout(branch, { create })).toMatchObject({
          success: false,
          error_code: 'COMMAND_INVALID',
          error: expect.stringContaining('branch '),
          branch,
        });
    expect(await checkout('a..b', { create: true })).toMatchObject({
      success: false,
      error: expect.stringContaining("'a..b' is not a valid branch name"),
    });
    expect(repository.branch).toBe('main');
  });

  it('gives git’s own reason where changes would be lost, and for what is no branch', async () => {
    repository.git('switch', '--quiet', '--create', 'other');
    repository.commit('a.txt', 'two\n');
    repository.write('a.txt', 'three\n');
    expect(await checkout('main')).toMatchObject({
      success: false,
      error_code: 'COMMAND_FAILED',
      error: expect.stringMatching(/would be overwritten by checkout:\n\ta\.txt\nPlease commit/),
    });
    expect(await readFile(at('a.txt'), 'utf8')).toBe('three\n');
    expect(await checkout('nowhere')).toMatchObject({ success: false, error: 'fatal: invalid reference: nowhere' });
    expect(await checkout('a.txt')).toMatchObject({ success: false });
    expect(repository.branch).toBe('other');
  });

  it('follows a branch of a remote with a local one', async () => {
    repository.git('remote', 'add', 'origin', '.');
    repository.git('update-ref', 'refs/remotes/origin/feature/x', 'HEAD');
    expect(await checkout('origin/feature/x')).toMatchObject({ success: true, branch: 'feature/x' });
    expect(repository.git('rev-parse', '--abbrev-ref', '@{upstream}')).toBe('origin/feature/x');
  });

  it('runs nothing that the repository names, and asks nobody', async () => {
    await mkdir(at('.git', 'hooks'), { recursive: true });
    await writeFile(at('.git', 'hooks', 'post-checkout'), '#!/bin/sh\ntouch hooked\n');
    await chmod(at('.git', 'hooks', 'post-checkout'), 0o755);
    await writeFile(at('monitor'), '#!/bin/sh\ntouch monitored\n');
    await chmod(at('monitor'), 0o755);
    repository.git('config', 'core.fsmonitor', at('monitor'));
    vi.stubEnv('GIT_DIR', '/nowhere');
    expect(await checkout('x', { create: true })).toMatchObject({ success: true });
    const { files } = await rooms.ask({ type: 'list_in_directory', path: '.', include_files: true });
    expect(files).toEqual(['a.txt', 'monitor']);
  });

  it('works in an environment that names programs', async () => {
    await rooms.close();
    rooms = await startDeviceRooms({ permissions: { childEnv: ['PATH', 'HOME', '*'] } });
    repository = GitRepository.create(rooms.root);
    for (const name of ['EDITOR', 'PAGER', 'VISUAL', 'SSH_ASKPASS', 'GIT_SSH_COMMAND']) vi.stubEnv(name, 'false');
    expect(await checkout('x', { create: true })).toMatchObject({ success: true, branch: 'x' });
  });

  it('C35 leaves a repository alone that is larger than the workspace', async () => {
    const outer = await realpath(await mkdtemp(path.join(os.tmpdir(), 'twinlane-outer-')));
    await mkdir(path.join(outer, 'inner'));
    const whole = GitRepository.create(outer);
    const inner = new Workspace(path.join(outer, 'inner'));
    await rooms.close();
    rooms = await startDeviceRooms({ providers: [{ provide: Workspace, useValue: inner }] });
    expect(await checkout('x', { create: true })).toMatchObject({
      success: false,
      error_code: 'PATH_REFUSED',
      error: `The repository begins at ${outer}, outside of the workspace ${inner.root}; have a listener serve all of it.`,
    });
    expect(whole.branch).toBe('main');
    await rm(outer, { recursive: true });
  });

  it('is not allowed in a mode in which clients change nothing', async () => {
    await rooms.close();
    rooms = await startDeviceRooms({ permissions: { mode: 'strict' } });
    repository = GitRepository.create(rooms.root);
    expect(await checkout('x', { create: true })).toMatchObject({ success: false, error_code: 'ACCESS_REFUSED' });
    expect(await rooms.ask({ type: 'search_branches', query: '' })).toMatchObject({ success: true });
  });
});

describe('the git context of the device status', () => {
  const RUNTIME = { agent_id: null, conversation_id: 'c' };
  const shown = (wanted: object) =>
    vi.waitFor(() => {
      const last = rooms.emitter.ofType('update_device_status').at(-1);
      expect((last?.['device_status'] as DeviceStatus | undefined)?.git_context).toMatchObject(wanted);
    });
  const start = () => rooms.ask({ type: 'runtime_start', agent_id: null, conversation_id: 'c', mode: 'unrestricted' });

  it('says branch, recent branches and what has changed', async () => {
    repository.git('branch', 'feature/x');
    repository.write('a.txt', 'changed');
    repository.write('new.txt', '');
    await start();
    await shown({ branch: 'main', recent_branches: ['feature/x'], changed: 1, untracked: 1 });
  });

  it('is as the turn has left it', async () => {
    await start();
    await shown({ branch: 'main', changed: 0, untracked: 0 });
    await rooms.input(RUNTIME, 'git switch --quiet --create made-by-turn; echo > b.txt');
    await shown({ branch: 'made-by-turn', recent_branches: ['main'], untracked: 1 });
  });

  it('follows a checkout, also one that somebody else does', async () => {
    await start();
    await shown({ branch: 'main' });
    await rooms.ask({ type: 'checkout_branch', branch: 'x', create: true });
    await shown({ branch: 'x' });
    repository.git('switch', '--quiet', 'main');
    await shown({ branch: 'main', recent_branches: ['x'] });
    repository.git('switch', '--quiet', '--detach');
    await shown({
      branch: repository.git('rev-parse', 'HEAD').slice(0, 7),
      detached: true,
      recent_branches: ['main', 'x'],
    });
  });

  it('is that of the directory in which the conversation works', async () => {
    await mkdir(at('sub', 'own'), { recursive: true });
    const own = GitRepository.create(at('sub', 'own'));
    own.git('switch', '--quiet', '--create', 'theirs');
    await start();
    await shown({ branch: 'main' });
    await rooms.ask({ type: 'change_device_state', runtime: RUNTIME, payload: { cwd: 'sub/own' } });
    await shown({ branch: 'theirs' });
  });

  it('is read in so many repositories at once, and no more', async () => {
    await rooms.close();
    rooms = await startDeviceRooms({ commands: { maxGitContexts: 2 } });
    const { run } = Git.prototype;
    const gits = { running: 0, most: 0 };
    vi.spyOn(Git.prototype, 'run').mockImplementation(async function (this: Git, ...given) {
      gits.most = Math.max(gits.most, ++gits.running);
      return run.apply(this, given).finally(() => gits.running--);
    });
    const ids = ['1', '2', '3', '4', '5'];
    for (const id of ids) {
      await mkdir(at(id));
      GitRepository.create(at(id)).git('switch', '--quiet', '--create', id);
    }
    await Promise.all(
      ids.map((id) => rooms.ask({ type: 'runtime_start', agent_id: null, conversation_id: id, cwd: id })),
    );
    const branchOf = (id: string) =>
      rooms.emitter
        .ofType('update_device_status')
        .flatMap(({ runtime, device_status }) =>
          (runtime as Runtime).conversation_id === id ? [(device_status as DeviceStatus).git_context?.branch] : [],
        )
        .at(-1);
    await vi.waitFor(() => expect(ids.map(branchOf)).toEqual(ids), { timeout: 30_000, interval: 20 });
    expect(gits.most).toBeLessThanOrEqual(2);
  });

  it('is null outside of repositories', async () => {
    await rm(at('.git'), { recursive: true });
    await start();
    await rooms.input(RUNTIME, 'true');
    await rooms.emitter.untilType('turn_finished');
    for (const { device_status } of rooms.emitter.ofType('update_device_status'))
      expect(device_status).toMatchObject({ git_context: null });
  });
});
