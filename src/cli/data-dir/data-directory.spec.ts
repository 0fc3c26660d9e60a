import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/kit/cli.js';
import { DataDirectory } from './data-directory.js';
import { ownFolder } from './own-folder.js';
import { withFile } from './with-file.js';

let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
let root: string;

beforeEach(async () => {
  temporary = await temporaryDirectory();
  root = path.join(temporary.path, 'share', 'twinlane');
});
afterEach(() => temporary.remove());

const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

it('makes a token once, for its owner alone', async () => {
  const directory = new DataDirectory(root);
  expect(await directory.token()).toBeUndefined();
  const first = await directory.tokenOrNew();
  expect(first).toMatchObject({ made: true, tightened: false, path: path.join(root, 'token') });
  expect(first.token).toMatch(/^[\w-]{43}$/);
  expect([await modeOf(root), await modeOf(first.path)]).toEqual([0o700, 0o600]);
  expect(await new DataDirectory(root).tokenOrNew()).toEqual({ ...first, made: false });
  expect(await readdir(root)).toEqual(['token']);
});

it('gives everybody the same token who asks at the same time', async () => {
  const kept = await Promise.all(Array.from({ length: 8 }, () => new DataDirectory(root).tokenOrNew()));
  expect(new Set(kept.map(({ token }) => token)).size).toBe(1);
  expect(kept.filter(({ made }) => made)).toHaveLength(1);
});

it('closes a token file that others can read, and says so', async () => {
  const directory = new DataDirectory(root);
  const { path: file } = await directory.tokenOrNew();
  await chmod(file, 0o644);
  expect(await directory.token()).toMatchObject({ tightened: true });
  expect(await modeOf(file)).toBe(0o600);
  expect(await directory.token()).toMatchObject({ tightened: false });
});

it('does not use an empty token file', async () => {
  await mkdir(root, { recursive: true });
  await writeFile(path.join(root, 'token'), '\n');
  await expect(new DataDirectory(root).tokenOrNew()).rejects.toThrow(/token is empty\. Remove it/);
});

it('names the device once', async () => {
  const id = await new DataDirectory(root).deviceId();
  expect(id).toMatch(/^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/);
  expect(await new DataDirectory(root).deviceId()).toBe(id);
});

it('keeps the address of the running relay, and lets each take back only its own', async () => {
  const directory = new DataDirectory(root);
  const [older, newer] = [
    { url: 'http://127.0.0.1:1', pid: 1 },
    { url: 'http://127.0.0.1:2', pid: 2 },
  ] as const;
  expect(await directory.endpoint()).toBeUndefined();
  await directory.keepEndpoint(older);
  await directory.keepEndpoint(newer);
  await directory.dropEndpoint(older);
  expect(await directory.endpoint()).toEqual(newer);
  await directory.dropEndpoint(newer);
  expect(await readdir(root)).toEqual([]);
});

it('takes a damaged address for none', async () => {
  const directory = new DataDirectory(root);
  await directory.keepEndpoint({ url: 'http://127.0.0.1:1', pid: 1 });
  for (const text of ['', 'not json', 'null', '{"url":"nonsense","pid":1}', '{"url":1}']) {
    await writeFile(path.join(root, 'relay.json'), text);
    expect(await directory.endpoint()).toBeUndefined();
  }
  expect(await readFile(path.join(root, 'relay.json'), 'utf8')).toBe('{"url":1}');
});

it('C32 says in one line what to do when it cannot be written', async () => {
  await mkdir(path.dirname(root), { recursive: true });
  await writeFile(root, 'a file');
  const directory = new DataDirectory(root);
  const refused = {
    message: `${path.join(root, 'device-id')} cannot be read: a file stands where a directory should be. Move it away, or choose another --data-dir.`,
    exitCode: 2,
  };
  await expect(directory.deviceId()).rejects.toMatchObject(refused);
  await expect(directory.keepEndpoint({ url: 'http://127.0.0.1:1', pid: 1 })).rejects.toMatchObject({ exitCode: 2 });
  await expect(ownFolder(root, ['relay'], () => 'taken')).rejects.toMatchObject({ exitCode: 2 });
});

it('leaves no draft of a file that cannot be put in its place', async () => {
  await mkdir(path.join(root, 'relay.json'), { recursive: true });
  const kept = new DataDirectory(root).keepEndpoint({ url: 'http://127.0.0.1:1', pid: 1 });
  await expect(kept).rejects.toThrow(/relay\.json cannot be written: a directory stands where a file should be\./);
  expect(await readdir(root)).toEqual(['relay.json']);
});

it.each([
  ['ENOSPC', 'the disk is full. Make room', 1],
  ['EACCES', 'the rights do not allow it. Correct them', 2],
])('C32 tells what %s means, and whether trying again helps', async (code, why, exitCode) => {
  const failing = withFile('/data/token', 'written', () => Promise.reject(Object.assign(new Error(code), { code })));
  const message = `/data/token cannot be written: ${why}, or choose another --data-dir.`;
  await expect(failing).rejects.toMatchObject({ message, exitCode });
});
