import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceRooms } from '../../../test/kit/device-rooms.js';
import { startFileRooms } from '../../../test/kit/file-rooms.js';

let rooms: DeviceRooms;
const at = (...names: string[]): string => path.join(rooms.root, ...names);

beforeEach(async () => {
  rooms = await startFileRooms();
});
afterEach(() => rooms.close());

describe('list_in_directory', () => {
  const list = (fields: object) => rooms.ask({ type: 'list_in_directory', ...fields });

  it('lists folders, and files where asked for', async () => {
    expect(await list({ path: rooms.root, include_files: true, request_id: 'q' })).toEqual({
      type: 'list_in_directory_response',
      request_id: 'q',
      success: true,
      path: rooms.root,
      folders: ['.letta', 'sub'],
      files: ['a.txt'],
      hasMore: false,
      total: 3,
    });
    const folders = await list({ path: '.' });
    expect(folders).toMatchObject({ folders: ['.letta', 'sub'], total: 2, hasMore: false });
    expect(folders).not.toHaveProperty('files');
  });

  it('pages over folders, then files', async () => {
    const page = (offset: number, limit: number) => list({ path: '.', include_files: true, offset, limit });
    expect(await page(1, 1)).toMatchObject({ folders: ['sub'], files: [], hasMore: true, total: 3 });
    expect(await page(1, 5)).toMatchObject({ folders: ['sub'], files: ['a.txt'], hasMore: false });
    expect(await page(2, 1)).toMatchObject({ folders: [], files: ['a.txt'], hasMore: false });
    expect(await page(9, 1)).toMatchObject({ folders: [], files: [], hasMore: false });
  });

  it('holds no more than the bound, and says that there is more', async () => {
    for (let i = 0; i < 10; i++) await writeFile(at('sub', `f${i}`), '');
    const answer = await list({ path: 'sub', include_files: true });
    expect(answer).toMatchObject({
      folders: ['deep'],
      files: ['b.js', 'bin.dat', 'f0', 'f1', 'f2'],
      hasMore: true,
      total: 13,
    });
  });

  it('shows a link to a folder of the workspace as folder, any other as file', async () => {
    await symlink('sub', at('inside'));
    await symlink('/', at('outside'));
    await symlink('nowhere', at('dangling'));
    await symlink('circle', at('circle'));
    expect(await list({ path: '.', include_files: true })).toMatchObject({
      folders: ['.letta', 'inside', 'sub'],
      files: ['a.txt', 'circle', 'dangling'],
    });
  });

  it('answers with the stock fields and the system’s words when it fails', async () => {
    expect(await list({ path: 'nope' })).toMatchObject({
      path: 'nope',
      folders: [],
      hasMore: false,
      success: false,
      error: `ENOENT: no such file or directory, scandir '${at('nope')}'`,
    });
  });
});

describe('get_tree', () => {
  const tree = (fields: object) => rooms.ask({ type: 'get_tree', path: '.', ...fields });

  it('lists level by level', async () => {
    await rm(at('.letta'), { recursive: true });
    expect(await tree({ path: rooms.root, depth: 3 })).toMatchObject({
      path: rooms.root,
      entries: [
        { path: 'sub', type: 'dir' },
        { path: 'a.txt', type: 'file' },
        { path: 'sub/deep', type: 'dir' },
        { path: 'sub/b.js', type: 'file' },
        { path: 'sub/bin.dat', type: 'file' },
      ],
      has_more_depth: false,
      success: true,
    });
  });

  it('says that there is more below', async () => {
    expect(await tree({ depth: 1 })).toMatchObject({ has_more_depth: true });
    expect(await tree({ path: 'sub', depth: 1 })).toMatchObject({ has_more_depth: false });
  });

  it('holds no more than the bound, and says so', async () => {
    await mkdir(at('many'));
    for (let i = 0; i < 10; i++) await writeFile(at('many', `f${i}`), '');
    const answer = await tree({ depth: 5 });
    expect(answer['entries']).toHaveLength(6);
    expect(answer).toMatchObject({ has_more_depth: true, truncated: true });
  });

  it('leaves out .git and node_modules, and does not follow links', async () => {
    await rm(at('.letta'), { recursive: true });
    await rm(at('sub'), { recursive: true });
    for (const name of ['.git', 'node_modules']) {
      await mkdir(at(name));
      await writeFile(at(name, 'x'), '');
    }
    await symlink('.', at('again'));
    expect((await tree({ depth: 9 }))['entries']).toEqual([
      { path: 'again', type: 'dir' },
      { path: 'a.txt', type: 'file' },
    ]);
  });
});

describe('read_file', () => {
  const read = (fields: object) => rooms.ask({ type: 'read_file', ...fields });

  it('reads text and, in base64, anything', async () => {
    expect(await read({ path: at('a.txt'), request_id: 'q' })).toEqual({
      type: 'read_file_response',
      request_id: 'q',
      success: true,
      path: at('a.txt'),
      content: 'hello world\nneedle here\nlast line\n',
      encoding: 'utf8',
      content_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await read({ path: 'sub/bin.dat', encoding: 'base64' })).toMatchObject({
      content: 'AP/+AQI=',
      encoding: 'base64',
    });
    await writeFile(at('bom.txt'), '\uFEFFx');
    expect(await read({ path: 'bom.txt' })).toMatchObject({ content: '\uFEFFx' });
    await writeFile(at('empty'), '');
    expect(await read({ path: 'empty' })).toMatchObject({ content: '' });
  });

  it('refuses bytes that are no text, in the stock words', async () => {
    expect(await read({ path: 'sub/bin.dat' })).toMatchObject({
      path: 'sub/bin.dat',
      content: null,
      encoding: 'utf8',
      success: false,
      error: 'File is not valid UTF-8 text: sub/bin.dat. The file contains bytes that cannot be decoded as UTF-8.',
    });
  });

  it('says what the system says of files that are not there, or no files', async () => {
    expect(await read({ path: at('zz') })).toMatchObject({
      success: false,
      content: null,
      error: `ENOENT: no such file or directory, open '${at('zz')}'`,
    });
    expect((await read({ path: 'sub' }))['error']).toContain('EISDIR');
    expect((await read({ path: 'a.txt/x' }))['error']).toContain('ENOTDIR');
    execFileSync('mkfifo', [at('pipe')]);
    expect((await read({ path: 'pipe' }))['error']).toContain('not a regular file');
  });

  it('C34 reads a text in parts that never cut a character', async () => {
    const text = 'aä€😀'.repeat(50);
    await writeFile(at('parts.txt'), text);
    const size = Buffer.byteLength(text);
    let whole = '';
    for (let offset = 0; offset < size;) {
      const part = await read({ path: 'parts.txt', offset, length: 7 });
      expect(part).toMatchObject({ success: true, offset, size });
      whole += String(part['content']);
      offset += Number(part['length']);
    }
    expect(whole).toBe(text);
    expect(await read({ path: 'parts.txt', offset: 3, length: 1 })).toMatchObject({ error_code: 'COMMAND_INVALID' });
    expect(await read({ path: 'parts.txt', offset: 99_999 })).toMatchObject({ content: '', length: 0 });
    expect(await read({ path: 'parts.txt', offset: 3, length: 1, encoding: 'base64' })).toMatchObject({ length: 1 });
  });

  it('does not answer more than fits, and names the way', async () => {
    await writeFile(at('large.txt'), 'x'.repeat(1_001));
    const answer = await read({ path: 'large.txt' });
    expect(answer).toMatchObject({ success: false, content: null, error_code: 'ANSWER_TOO_LARGE' });
    expect(answer['error']).toMatch(/1001 bytes.*offset and length/);
    expect(await read({ path: 'large.txt', offset: 0, length: 900 })).toMatchObject({ length: 900, size: 1_001 });
    await writeFile(at('escapes.txt'), '\u0001'.repeat(300));
    expect(await read({ path: 'escapes.txt' })).toMatchObject({ error_code: 'ANSWER_TOO_LARGE' });
  });
});

describe('C35 no command leads out of the workspace', () => {
  let outside: string;
  beforeEach(async () => {
    outside = await mkdtemp(path.join(os.tmpdir(), 'twinlane-outside-'));
    await writeFile(path.join(outside, 'secret'), 'secret');
    await mkdir(path.join(outside, 'folder'));
    await symlink(outside, at('out'));
    await symlink(path.join(outside, 'secret'), at('secret-link'));
    await symlink(path.join(outside, 'new'), at('dangling'));
    await symlink('dangling', at('chain'));
    await symlink('sub/../..', at('up'));
  });
  afterEach(() => rm(outside, { recursive: true, force: true }));

  const paths = () =>
    [
      ['..', '..'],
      ['../x', '../x'],
      ['sub/../../x', 'sub/../../x'],
      ['absolute', path.join(outside, 'secret')],
      ['a sibling with the same beginning', `${rooms.root}-x`],
      ['link to a folder', 'out'],
      ['through a link', 'out/secret'],
      ['through a link, new', 'out/new/er'],
      ['link to a file', 'secret-link'],
      ['dangling link', 'dangling'],
      ['below a dangling link', 'dangling/x'],
      ['chain of links', 'chain'],
      ['link upwards', 'up'],
    ] as const;

  it.each([
    ['list_in_directory', 'path', {}],
    ['get_tree', 'path', { depth: 2 }],
    ['read_file', 'path', {}],
    ['write_file', 'path', { content: 'x' }],
    ['edit_file', 'file_path', { old_string: 'secret', new_string: 'x' }],
    ['runtime_start', 'cwd', { agent_id: 'agent-1' }],
  ] as const)('%s', async (type, field, fields) => {
    for (const [what, wanted] of paths()) {
      const answer = await rooms.ask({ type, [field]: wanted, ...fields });
      expect([what, answer['success'], answer['error_code']]).toEqual([what, false, 'PATH_REFUSED']);
      expect(answer['error']).toContain(wanted);
    }
    expect(await readdir(outside)).toEqual(['folder', 'secret']);
    expect(await readFile(path.join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('change_device_state', async () => {
    const runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };
    for (const [, cwd] of paths()) {
      const answer = await rooms.ask({ type: 'change_device_state', runtime, payload: { cwd } });
      expect(answer).toMatchObject({ success: false, error_code: 'PATH_REFUSED' });
    }
    expect(rooms.emitter.ofType('update_device_status')).toEqual([]);
  });

  it('a listing does not say what lies behind a link', async () => {
    const answer = await rooms.ask({ type: 'list_in_directory', path: '.' });
    expect(answer['folders']).toEqual(['.letta', 'sub']);
  });
});
