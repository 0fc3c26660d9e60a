import { chmod, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
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

describe('write_file', () => {
  const write = (file: string, content: string) => rooms.ask({ type: 'write_file', path: file, content });

  it('writes a file and the folders it needs, and leaves nothing else behind', async () => {
    expect(await write(at('new', 'er', 'x.txt'), 'one\ntwo\n')).toMatchObject({
      type: 'write_file_response',
      path: at('new', 'er', 'x.txt'),
      success: true,
    });
    expect(await readFile(at('new', 'er', 'x.txt'), 'utf8')).toBe('one\ntwo\n');
    expect(await readdir(at('new', 'er'))).toEqual(['x.txt']);
  });

  it('keeps the mode of a file, and a link to it', async () => {
    await chmod(at('a.txt'), 0o750);
    await symlink('a.txt', at('link'));
    await write('link', 'changed');
    expect(await readFile(at('a.txt'), 'utf8')).toBe('changed');
    expect((await stat(at('a.txt'))).mode & 0o777).toBe(0o750);
    expect(await readFile(at('link'), 'utf8')).toBe('changed');
  });

  it('whoever reads meanwhile sees the old content or the new', async () => {
    const contents = ['a', 'b'].map((letter) => letter.repeat(100_000));
    await write('x', contents[0] ?? '');
    const written = new AbortController();
    const seen = new Set<string>();
    const reading = (async () => {
      while (!written.signal.aborted) seen.add(await readFile(at('x'), 'utf8'));
    })();
    for (let i = 0; i < 20; i++) await write('x', contents[i % 2] ?? '');
    written.abort();
    await reading;
    for (const content of seen) expect(contents).toContain(content);
  });

  it('leaves the old content when it fails', async () => {
    expect(await write('sub', 'x')).toMatchObject({
      success: false,
      path: 'sub',
      error: expect.stringContaining('EISDIR'),
    });
    expect(await write('a.txt/x', 'x')).toMatchObject({ success: false });
    expect(await readdir(rooms.root)).toEqual(['.letta', 'a.txt', 'sub']);
  });

  describe('where a content is expected', () => {
    const writeOver = (expected_hash: unknown, content: string, file = 'a.txt') =>
      rooms.ask({ type: 'write_file', path: file, content, expected_hash });
    const read = (fields: object = {}) => rooms.ask({ type: 'read_file', path: 'a.txt', ...fields });

    it('writes over what was read, whole or in one part', async () => {
      const { content_hash: whole } = await read();
      expect(await read({ offset: 0, length: 500 })).toMatchObject({ content_hash: whole });
      expect(await read({ offset: 0, length: 5 })).not.toHaveProperty('content_hash');
      const written = await writeOver(whole, 'mine\n');
      expect(written).toMatchObject({ success: true });
      expect(await read()).toMatchObject({ content: 'mine\n', content_hash: written['content_hash'] });
    });

    it('writes nothing over what has changed since, or is gone', async () => {
      const { content_hash } = await read();
      await writeFile(at('a.txt'), 'theirs');
      expect(await writeOver(content_hash, 'mine')).toMatchObject({
        success: false,
        path: 'a.txt',
        error_code: 'FILE_CHANGED',
      });
      expect(await readFile(at('a.txt'), 'utf8')).toBe('theirs');
      await rm(at('a.txt'));
      expect(await writeOver(content_hash, 'mine')).toMatchObject({ error_code: 'FILE_CHANGED' });
      expect(await readdir(rooms.root)).not.toContain('a.txt');
    });

    it('of two at once only one writes', async () => {
      const { content_hash } = await read();
      const answers = await Promise.all([writeOver(content_hash, 'one'), writeOver(content_hash, 'two')]);
      expect(answers.filter(({ success }) => success === true)).toHaveLength(1);
    });

    it('makes a file only where there is none', async () => {
      expect(await writeOver('absent', 'new', 'fresh.txt')).toMatchObject({ success: true });
      expect(await writeOver('absent', 'again', 'fresh.txt')).toMatchObject({ error_code: 'FILE_CHANGED' });
      expect(await readFile(at('fresh.txt'), 'utf8')).toBe('new');
      expect(await writeOver(1, 'x')).toMatchObject({ error_code: 'COMMAND_INVALID' });
    });
  });
});

describe('edit_file', () => {
  const edit = (fields: object) => rooms.ask({ type: 'edit_file', file_path: at('new.txt'), ...fields });
  beforeEach(() => writeFile(at('new.txt'), 'one\ntwo\ntwo\n$& three\n'));
  const content = () => readFile(at('new.txt'), 'utf8');

  it('replaces one occurrence and shows the document before it answers', async () => {
    expect(await edit({ old_string: 'three', new_string: '$1 drei', request_id: 'q' })).toEqual({
      type: 'edit_file_response',
      request_id: 'q',
      success: true,
      file_path: at('new.txt'),
      message: `Successfully replaced 1 occurrence in ${at('new.txt')}`,
      replacements: 1,
      start_line: 4,
    });
    expect(await content()).toBe('one\ntwo\ntwo\n$& $1 drei\n');
    expect(rooms.emitter.recorded[0]).toEqual({
      type: 'file_ops',
      path: at('new.txt'),
      cg_entries: [],
      ops: [],
      source: 'agent',
      document_content: 'one\ntwo\ntwo\n$& $1 drei\n',
    });
  });

  it('refuses a document that one frame could not show, and changes nothing', async () => {
    await writeFile(at('new.txt'), `one${'\n'.repeat(900)}`);
    expect(await edit({ old_string: 'one', new_string: 'two' })).toMatchObject({
      success: false,
      error: expect.stringContaining('edit_file takes up to 1000'),
    });
    expect(await content()).toMatch(/^one/);
    expect(rooms.emitter.recorded.map(({ type }) => type)).toEqual(['edit_file_response']);
  });

  it('replaces all, or as many as expected', async () => {
    expect(await edit({ old_string: 'two', new_string: 'deux', replace_all: true })).toMatchObject({
      replacements: 2,
      start_line: 2,
      message: expect.stringContaining('2 occurrences'),
    });
    expect(await edit({ old_string: 'deux', new_string: 'two', expected_replacements: 2 })).toMatchObject({
      replacements: 2,
    });
    expect(await content()).toBe('one\ntwo\ntwo\n$& three\n');
  });

  it.each([
    [{ old_string: 'zzz', new_string: 'x' }, 'String to replace not found in file.\nString: zzz'],
    [{ old_string: 'two', new_string: 'x' }, 'Found 2 occurrences'],
    [{ old_string: 'two', new_string: 'x', expected_replacements: 3 }, 'Expected 3 occurrence(s) but found 2'],
    [{ old_string: 'two', new_string: 'two' }, 'No changes to make'],
    [{ old_string: '', new_string: 'x' }, 'old_string'],
    [{ new_string: 'x' }, 'old_string'],
    [{ old_string: 'one', new_string: 'x', file_path: 'zz' }, 'ENOENT'],
    [{ old_string: 'one', new_string: 'x', file_path: 'sub/bin.dat' }, 'not valid UTF-8'],
  ])('refuses %j and changes nothing', async (fields, error) => {
    expect(await edit(fields)).toMatchObject({
      success: false,
      message: null,
      replacements: 0,
      error: expect.stringContaining(error),
    });
    expect(await content()).toBe('one\ntwo\ntwo\n$& three\n');
    expect(rooms.emitter.ofType('file_ops')).toEqual([]);
  });

  it('loses none of several edits at once', async () => {
    await writeFile(at('new.txt'), 'abcdef');
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => edit({ old_string: letter, new_string: letter.toUpperCase() })),
    );
    expect(await content()).toBe('ABCDEF');
  });
});
