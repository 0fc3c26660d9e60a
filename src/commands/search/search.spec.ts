import { execFileSync } from 'node:child_process';
import { access, chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DeviceRooms, startDeviceRooms } from '../../../test/kit/device-rooms.js';
import { SYSTEM_CLOCK } from '../../protocol/index.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';

let rooms: DeviceRooms;
const at = (...names: string[]): string => path.join(rooms.root, ...names);
const write = async (file: string, text: string | Buffer = ''): Promise<void> => {
  await mkdir(path.dirname(at(file)), { recursive: true });
  await writeFile(at(file), text);
};

beforeEach(async () => {
  rooms = await startDeviceRooms({ commands: { maxMatches: 5, maxLineLength: 20 } });
});
afterEach(() => rooms.close());

describe('search_files', () => {
  const search = (query: string, fields: object = {}) => rooms.ask({ type: 'search_files', query, ...fields });
  const paths = async (query: string, fields: object = {}) => {
    const { files } = await search(query, fields);
    return (files as { path: string }[]).map((file) => file.path);
  };

  it('finds files and directories by letters of their paths, the best first', async () => {
    for (const file of ['a.txt', 'sub/b.js', 'sub/bin.dat', 'sub/deep/x']) await write(file);
    expect(await search('b', { cwd: rooms.root, request_id: 'q8' })).toEqual({
      type: 'search_files_response',
      request_id: 'q8',
      success: true,
      files: [
        { path: 'sub/b.js', type: 'file' },
        { path: 'sub/bin.dat', type: 'file' },
        { path: 'sub', type: 'dir' },
        { path: 'sub/deep', type: 'dir' },
        { path: 'sub/deep/x', type: 'file' },
      ],
      total: 5,
      hasMore: false,
    });
    expect(await paths('sbn')).toEqual(['sub/bin.dat']);
    expect(await paths('zz')).toEqual([]);
  });

  it('without a query lists what there is, and pages', async () => {
    for (const file of ['c', 'a', 'b', 'd/e']) await write(file);
    expect(await paths('')).toEqual(['a', 'b', 'c', 'd', 'd/e']);
    const page = (offset: number) => search('', { offset, max_results: 2 });
    expect(await page(2)).toMatchObject({ files: [{ path: 'c' }, { path: 'd' }], total: 5, hasMore: true });
    expect(await page(4)).toMatchObject({ files: [{ path: 'd/e' }], total: 5, hasMore: false });
  });

  it('holds no more than the bound, and says that there are more', async () => {
    await rooms.close();
    rooms = await startDeviceRooms({ commands: { maxEntries: 2 } });
    for (const file of ['a', 'b', 'c']) await write(file);
    expect(await search('', { max_results: 50 })).toMatchObject({ files: [{}, {}], total: 3, hasMore: true });
    expect(await search('', { offset: 2 })).toMatchObject({ files: [], total: 3, hasMore: true });
  });

  it('counts every file of a tree that comes in many pieces', async () => {
    // Others have their turn after every single path, so that the program has ended long before its paths are taken.
    let turns = 0;
    await rooms.close();
    rooms = await startDeviceRooms({ clock: { ...SYSTEM_CLOCK, elapsed: () => (turns += 1_000) } });
    await mkdir(at('many'));
    const name = 'n'.repeat(80);
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => writeFile(at('many', `${name}${i}`), '')));
    expect(await search('')).toMatchObject({
      total: 2_001,
      files: expect.arrayContaining([{ path: 'many', type: 'dir' }]),
    });
    expect(await search('n1999')).toMatchObject({ total: 1, files: [{ path: `many/${name}1999` }] });
  });

  it('leaves out what git ignores, in a repository as outside of one, but no hidden files', async () => {
    await write('.gitignore', 'node_modules\n*.log\n');
    for (const file of ['node_modules/m.js', 'a.log', 'src/b.log', 'src/c.ts', '.github/ci.yml']) await write(file);
    const shown = ['.github', '.github/ci.yml', '.gitignore', 'src', 'src/c.ts'];
    expect(await paths('')).toEqual(shown);
    execFileSync('git', ['init', '-q'], { cwd: rooms.root });
    expect(await paths('')).toEqual(shown);
    expect(await paths('', { cwd: 'src' })).toEqual(['c.ts']);
  });

  it('C35 never shows what is denied, follows no link, and stays in the workspace', async () => {
    for (const file of ['.env', '.ssh/id', 'sub/server.pem', 'sub/open']) await write(file);
    await symlink('/', at('outside'));
    await symlink('.env', at('innocent'));
    expect(await paths('')).toEqual(['sub', 'sub/open']);
    expect(await search('', { cwd: '..' })).toMatchObject({ success: false, error_code: 'PATH_REFUSED', files: [] });
    expect(await search('', { cwd: 'outside' })).toMatchObject({ error_code: 'PATH_REFUSED' });
    expect(await search('', { cwd: '.ssh' })).toMatchObject({ error_code: 'PATH_DENIED' });
    expect(await search('', { cwd: 'sub/open' })).toMatchObject({
      error_code: 'COMMAND_INVALID',
      error: 'cwd: sub/open is not a directory.',
    });
  });
});

describe('grep_in_files', () => {
  const grep = (query: string, fields: object = {}) => rooms.ask({ type: 'grep_in_files', query, ...fields });
  const places = async (query: string, fields: object = {}) => {
    const { matches } = await grep(query, fields);
    return (matches as { path: string; line: number; column: number }[]).map(
      (match) => `${match.path}:${match.line}:${match.column}`,
    );
  };

  it('answers as stock listeners do', async () => {
    await write('a.txt', 'hello world\nneedle here\nlast line\n');
    await write('sub/b.js', 'const needle = 1;');
    expect(await grep('needle', { cwd: rooms.root, context_lines: 1, request_id: 'q9' })).toEqual({
      type: 'grep_in_files_response',
      request_id: 'q9',
      success: true,
      matches: [
        {
          path: 'a.txt',
          line: 2,
          column: 1,
          column_end: 7,
          text: 'needle here',
          before: ['hello world'],
          after: ['last line'],
        },
        { path: 'sub/b.js', line: 1, column: 7, column_end: 13, text: 'const needle = 1;', before: [], after: [] },
      ],
      total_matches: 2,
      total_files: 2,
      truncated: false,
    });
  });

  it('counts columns in characters, each match of a line by itself', async () => {
    await write('u', 'é😀 needle needle\r\n');
    const { matches } = await grep('needle');
    expect(matches).toEqual([
      { path: 'u', line: 1, column: 5, column_end: 11, text: 'é😀 needle needle' },
      { path: 'u', line: 1, column: 12, column_end: 18, text: 'é😀 needle needle' },
    ]);
    for (const { text, column, column_end } of matches as { text: string; column: number; column_end: number }[])
      expect(text.slice(column - 1, column_end - 1)).toBe('needle');
  });

  it('shows lines that are no UTF-8', async () => {
    await write('latin', Buffer.from([0xff, 0x20, 0x6e, 0x0a]));
    expect(await grep('n')).toMatchObject({ matches: [{ column: 3, text: '\ufffd n' }] });
  });

  it('takes a text literally, or as an expression, and looks at case and words where it is asked to', async () => {
    await write('a', 'a.c\nabc\nABC\nxabcx\n');
    expect(await places('a.c')).toEqual(['a:1:1']);
    expect(await places('a.c', { is_regex: true })).toEqual(['a:1:1', 'a:2:1', 'a:3:1', 'a:4:2']);
    expect(await places('abc', { case_sensitive: true })).toEqual(['a:2:1', 'a:4:2']);
    expect(await places('abc', { whole_word: true })).toEqual(['a:2:1', 'a:3:1']);
    expect(await places('^', { is_regex: true, max_results: 1 })).toEqual(['a:1:1']);
  });

  it('an expression or a glob that looks like an option is none', async () => {
    await write('a', '--files\n-e\n');
    expect(await places('--files')).toEqual(['a:1:1']);
    expect(await places('-e')).toEqual(['a:2:1']);
    expect(await places('-', { glob: '--hidden' })).toEqual([]);
    expect(await places('-', { glob: '!a' })).toEqual([]);
  });

  it('looks only into files that a glob picks', async () => {
    for (const file of ['a.ts', 'sub/b.ts', 'sub/c.js']) await write(file, 'x');
    expect(await places('x', { glob: '*.ts' })).toEqual(['a.ts:1:1', 'sub/b.ts:1:1']);
    expect(await places('x', { glob: 'sub/**' })).toEqual(['sub/b.ts:1:1', 'sub/c.js:1:1']);
  });

  it('says why an expression is none', async () => {
    expect(await grep('(', { is_regex: true })).toMatchObject({
      success: false,
      error_code: 'COMMAND_INVALID',
      error: expect.stringContaining('unclosed group'),
      matches: [],
      total_matches: 0,
      total_files: 0,
      truncated: false,
    });
    expect(await grep('a\0b')).toMatchObject({ success: false });
  });

  it('shows no more matches than the bound, and says that there are more', async () => {
    await write('a', 'x x x\nx\n');
    await write('b', 'x\nx\n');
    expect(await grep('x')).toMatchObject({ total_matches: 5, total_files: 2, truncated: true });
    expect(await grep('x', { max_results: 2 })).toMatchObject({ matches: [{}, {}], total_files: 1, truncated: true });
    expect(await grep('x', { glob: 'a' })).toMatchObject({ total_matches: 4, truncated: false });
  });

  it('cuts a long line around its match, and says where it starts', async () => {
    await write('min.js', `${'a'.repeat(100)}needle${'b'.repeat(100)}`);
    expect(await grep('needle', { context_lines: 1 })).toMatchObject({
      matches: [{ column: 101, column_end: 107, text: `aaaaaneedle${'b'.repeat(9)}`, text_column: 96 }],
    });
  });

  it('a matching line is context of its neighbour, and cut like it', async () => {
    await write('a', `x1\nx2${'y'.repeat(30)}\n`);
    expect(await grep('x', { context_lines: 3 })).toMatchObject({
      matches: [
        { before: [], after: [`x2${'y'.repeat(18)}`] },
        { before: ['x1'], after: [] },
      ],
    });
  });

  it('C35 finds nothing in what is denied, whatever the glob says', async () => {
    for (const file of ['.env', '.ssh/id', '.git/config', 'open']) await write(file, 'secret');
    await symlink('.env', at('innocent'));
    expect(await places('secret')).toEqual(['open:1:1']);
    for (const glob of ['.env', '**/id', '.git/**', '.git']) expect(await places('secret', { glob })).toEqual([]);
    expect(await grep('secret', { cwd: '../..' })).toMatchObject({ success: false, error_code: 'PATH_REFUSED' });
  });

  it('goes on where a directory cannot be read', async () => {
    await write('closed/a', 'x');
    await write('open', 'x');
    await chmod(at('closed'), 0);
    expect(await places('x')).toContain('open:1:1');
    await chmod(at('closed'), 0o700);
  });
});

describe('a search that does not end', () => {
  /**
   * Shows a match and more than a pipe holds, so that it goes on only once the match has been read; has a child that holds its
   * output open, and ends by no gentle signal.
   */
  const STUBBORN = `#!/bin/sh
trap '' TERM
sleep 600 &
echo $! > child
printf '%s\\n' '{"type":"begin","data":{"path":{"text":"./a"}}}'
printf '%s\\n' '{"type":"match","data":{"path":{"text":"./a"},"lines":{"text":"x\\n"},"line_number":1,"submatches":[{"start":0,"end":1}]}}'
yes '{"type":"summary","data":{"text":"more than a pipe holds"}}' | head -n 4000
echo > shown
wait
`;
  const clock = new ManualClock();
  beforeEach(async () => {
    await rooms.close();
    rooms = await startDeviceRooms({ clock, commands: { ripgrep: './rg', maxSearches: 1 } });
    await write('rg', STUBBORN);
    await chmod(at('rg'), 0o755);
  });

  it('is cut at its deadline with all its processes, answers what was found, and says so', async () => {
    const answer = rooms.ask({ type: 'grep_in_files', query: 'x' });
    await vi.waitFor(() => access(at('shown')));
    expect(await rooms.ask({ type: 'search_files', query: 'x' })).toMatchObject({
      success: false,
      error_code: 'TOO_MANY',
    });
    await clock.advance(10_000);
    expect(await answer).toMatchObject({
      success: true,
      matches: [{ path: 'a', line: 1, text: 'x' }],
      total_matches: 1,
      truncated: true,
      timed_out: true,
    });
    const child = Number(await readFile(at('child'), 'utf8'));
    await vi.waitFor(async () => expect(await isRunning(child)).toBe(false));
  });
});

/** In a container without an init nobody collects the dead. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

it('a program that answers something else is an error, and no more', async () => {
  await rooms.close();
  rooms = await startDeviceRooms({ commands: { ripgrep: '/bin/echo' } });
  expect(await rooms.ask({ type: 'grep_in_files', query: 'x' })).toMatchObject({
    success: false,
    error_code: 'COMMAND_FAILED',
  });
});

it('a program that is not there is told', async () => {
  await rooms.close();
  rooms = await startDeviceRooms({ commands: { ripgrep: '/nowhere/rg' } });
  expect(await rooms.ask({ type: 'grep_in_files', query: 'x' })).toMatchObject({
    success: false,
    error_code: 'COMMAND_FAILED',
    error: expect.stringContaining('ripgrep did not start'),
  });
});
