import { beforeEach, describe, expect, it } from 'vitest';
import { FakeAttachment, refused } from '../../../test/kit/fake-attachment.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { BranchesStore } from './branches.store.js';
import { FindStore, matchedLetters } from './find.store.js';
import { grepFiles } from './grep-rows.js';
import { GrepStore } from './grep.store.js';
import { lineDiff } from './line-diff.js';
import { lineEndOf } from './line-ends.js';

/** A busy machine may take its time. */
const PATIENTLY = { timeout: 60_000 };

let device: FakeAttachment;
beforeEach(() => {
  device = new FakeAttachment();
});

describe('finding files', () => {
  it('waits until nothing is typed for a moment, and shows the answer to the last question only', async () => {
    const clock = new ManualClock();
    const find = new FindStore(device, clock);
    const answers: ((answer: object) => void)[] = [];
    device.on('search_files', () => new Promise((resolve) => answers.push(resolve)));
    find.type('m');
    find.type('ma');
    await clock.advance(1_000);
    expect(device.of('search_files')).toMatchObject([{ query: 'ma' }]);
    find.type('mai');
    await clock.advance(1_000);
    answers[1]?.({
      files: [
        { path: 'main.ts', type: 'file' },
        { path: 'main', type: 'dir' },
      ],
      hasMore: true,
      total: 99,
    });
    answers[0]?.({ files: [{ path: 'old.ts', type: 'file' }] });
    await expect.poll(() => find.isSearching.value, PATIENTLY).toBe(false);
    expect(find.paths.value).toEqual(['main.ts']);
    expect(find.note.value).toContain('of 99');
  });

  it('shows what the device says', async () => {
    const find = new FindStore(device, new ManualClock());
    device.on('search_files', () => Promise.reject(refused('TOO_MANY', '8 searches run already')));
    await find.search();
    expect(find.problem.value).toBe('8 searches run already');
  });

  it('marks the letters that were meant', () => {
    const marked = (query: string, path: string): string =>
      path
        .split('')
        .map((letter, index) => (matchedLetters(query, path).has(index) ? letter.toUpperCase() : letter))
        .join('');
    expect(marked('mts', 'src/main.ts')).toBe('src/Main.TS');
    expect(marked('main', 'main/main.ts')).toBe('main/MAIN.ts');
    expect(marked('gre', 'src/greet.ts')).toBe('src/GREet.ts');
    expect(marked('zz', 'src/main.ts')).toBe('src/main.ts');
    expect(marked('aab', 'ab')).toBe('ab');
  });
});

describe('finding texts', () => {
  const match = (line: number, text: string, column: number, end: number, rest: object = {}) => {
    return { path: 'a.ts', line, column, column_end: end, text, ...rest };
  };

  it('shows lines with what stands around them, each once', () => {
    const [file] = grepFiles([
      match(2, 'two x x', 5, 6, { before: ['one'], after: ['three'] }),
      match(2, 'two x x', 7, 8, { before: ['one'], after: ['three'] }),
      match(4, 'four x', 6, 7, { before: ['three'], after: ['five'] }),
      match(9, '…x', 101, 102, { text_column: 100 }),
    ]);
    expect(file?.matches).toBe(4);
    expect(file?.groups.map((group) => group.map(({ line }) => line))).toEqual([[1, 2, 3, 4, 5], [9]]);
    expect(file?.groups[0]?.[1]?.ranges).toEqual([
      { from: 4, to: 5 },
      { from: 6, to: 7 },
    ]);
    expect(file?.groups[1]?.[0]?.ranges).toEqual([{ from: 1, to: 2 }]);
  });

  it('asks as it was told to, and says how much was found', async () => {
    const grep = new GrepStore(device);
    device.on('grep_in_files', () => ({
      matches: [match(1, 'x', 1, 2)],
      total_matches: 1,
      total_files: 1,
      truncated: true,
    }));
    grep.query.value = 'x';
    grep.isRegex.value = true;
    await grep.search();
    expect(device.of('grep_in_files')).toMatchObject([{ query: 'x', is_regex: true, case_sensitive: false }]);
    expect(device.of('grep_in_files')[0]).not.toHaveProperty('glob');
    expect(grep.summary.value).toBe('1 match in 1 file; there are more');
    device.on('grep_in_files', () => Promise.reject(refused('COMMAND_FAILED', 'regex parse error')));
    await grep.search();
    expect(grep.problem.value).toBe('regex parse error');
    expect(grep.files.value).toEqual([]);
    grep.query.value = '';
    await grep.search();
    expect(grep.searched.value).toBeUndefined();
  });
});

describe('branches', () => {
  it('are listed and checked out; what git says is shown', async () => {
    let now = 'main';
    const branch = (name: string) => ({ name, is_current: name === now, is_remote: false });
    device.on('search_branches', () => ({ branches: [branch('main'), branch('next')] }));
    device.on('checkout_branch', ({ branch: wanted }) => {
      if (wanted === 'gone') throw refused('COMMAND_FAILED', 'your changes would be overwritten');
      now = String(wanted);
      return { branch: wanted };
    });
    const branches = new BranchesStore(device);
    await branches.search();
    expect(branches.current.value).toBe('main');
    expect(await branches.checkOut('next')).toBe(true);
    expect(branches.current.value).toBe('next');
    expect(await branches.checkOut('gone')).toBe(false);
    expect(branches.problem.value).toBe('your changes would be overwritten');
  });

  it('are none where there is no repository', async () => {
    const branches = new BranchesStore(device.on('search_branches', () => Promise.reject(refused('COMMAND_FAILED'))));
    await branches.search();
    expect(branches.current.value).toBeUndefined();
  });
});

describe('texts', () => {
  it('are compared by lines', () => {
    expect(lineDiff('a\nb\nc\n', 'a\nB\nc\n')).toEqual([
      [
        { kind: 'same', text: 'a', before: 1, after: 1 },
        { kind: 'removed', text: 'b', before: 2, after: undefined },
        { kind: 'added', text: 'B', before: undefined, after: 2 },
        { kind: 'same', text: 'c', before: 3, after: 3 },
      ],
    ]);
    expect(lineDiff('a', 'a')).toEqual([]);
  });

  it.each([
    ['a\nb', '\n'],
    ['a\r\nb\r\n', '\r\n'],
    ['a\r\nb\n', '\n'],
    ['\nb\r\n', '\n'],
    ['', '\n'],
  ])('%j has lines that end with %j', (text, end) => expect(lineEndOf(text)).toBe(end));
});
