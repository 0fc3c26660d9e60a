import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_DENY, DenyList } from './deny-list.js';
import { PathDeniedError, PathRefusedError, Workspace } from './workspace.js';

describe('what is denied by default', () => {
  const list = new DenyList(DEFAULT_DENY);

  it.each([
    '.env',
    '.ENV',
    'packages/api/.env.production',
    '.git',
    '.git/hooks/pre-commit',
    'vendor/lib/.git/config',
    'certificates/server.pem',
    'id_rsa',
    '.ssh/known_hosts',
    '.aws/credentials',
  ])('%s', (file) => expect(list.denies(file)).toBe(true));

  it.each([
    '',
    '.',
    '.env.example',
    'src/environment.ts',
    '.github/workflows/ci.yml',
    '.gitignore',
    'id_rsa.pub',
    'a.pem.ts',
  ])('not %s', (file) => expect(list.denies(file)).toBe(false));
});

describe('patterns', () => {
  it.each([
    [['config/secrets'], 'app/config/secrets/key', true],
    [['config/secrets'], 'config/other/secrets', false],
    [['*.txt', '!notes.txt'], 'notes.txt', false],
    [['!notes.txt', '*.txt'], 'notes.txt', true],
    [['private', '!private/open'], 'private/open', true],
    [['a.b'], 'axb', false],
    [['a*b'], 'a/b', false],
    [[], '.env', false],
    [['', '/', '!'], 'a', false],
  ])('%j on %s: %s', (patterns, file, denied) => {
    expect(new DenyList(patterns).denies(file)).toBe(denied);
  });
});

describe('a workspace', () => {
  let root: string;
  beforeEach(async () => {
    root = await realpath(await mkdtemp(path.join(os.tmpdir(), 'twinlane-workspace-')));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('C35 refuses what it denies by its name, below it, and through links to it or named like it', async () => {
    await mkdir(path.join(root, '.ssh'));
    await writeFile(path.join(root, 'settings'), '');
    await symlink('.ssh', path.join(root, 'keys'));
    await symlink('settings', path.join(root, '.env'));
    await symlink('.netrc', path.join(root, 'dangling'));
    const workspace = new Workspace(root);
    for (const wanted of ['.ssh', '.ssh/id', 'keys', 'keys/id', '.env', 'new/../.env', 'dangling', `${root}/.ssh`])
      await expect(workspace.resolve(wanted)).rejects.toBeInstanceOf(PathDeniedError);
    expect(await workspace.resolve('settings')).toBe(path.join(root, 'settings'));
  });

  it('may itself lie below what its patterns name', async () => {
    const hidden = path.join(root, '.ssh');
    await mkdir(hidden);
    expect(await new Workspace(hidden).resolve('config')).toBe(path.join(hidden, 'config'));
  });

  it('C35 says that a path leads out before it says that it is denied', async () => {
    await expect(new Workspace(root).resolve('../.env')).rejects.toBeInstanceOf(PathRefusedError);
  });
});
