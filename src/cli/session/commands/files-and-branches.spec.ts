import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAKE_RUNTIME } from '../../../../test/kit/fake-client-relay.js';
import { SessionBench } from '../../../../test/kit/session-bench.js';

const TAB = '\t';

let bench: SessionBench;
let relay: SessionBench['relay'];
let run: SessionBench['run'];
beforeEach(async () => {
  bench = await SessionBench.start();
  ({ relay, run } = bench);
  await bench.hasStatus();
});
afterEach(() => bench.stop());
const answers = (type: string, fields: object): void => bench.answers(type, fields);
const refuses = (type: string, error: string): void => bench.refuses(type, error);

describe('/files', () => {
  it('shows a directory from where the conversation works, and that there is more', async () => {
    answers('list_in_directory', { path: '', folders: ['src'], files: ['a\u001b[31m.txt'], hasMore: true, total: 900 });
    run.type('/files\r');
    await run.shows('… 2 of 900.');
    expect(run.screen).toMatch(/^src\/$/m);
    expect(run.screen).toContain(String.raw`a\u{1b}[31m.txt`);
    run.type('/files sub/deep\r');
    await relay.seen(() => relay.commandsOf('list_in_directory').length === 2);
    expect(relay.commandsOf('list_in_directory').map((command) => command['path'])).toEqual(['/w', '/w/sub/deep']);
  });

  it('completes paths, one directory after the other', async () => {
    answers('list_in_directory', { path: '', folders: ['source'], files: ['setup.ts'], hasMore: false });
    run.type(`/files so${TAB}`);
    await run.shows('> /files source/');
    answers('list_in_directory', { path: '', folders: [], files: ['main.ts'], hasMore: false });
    run.type(TAB);
    await run.shows('> /files source/main.ts');
    expect(relay.commandsOf('list_in_directory').map((command) => command['path'])).toEqual(['/w', '/w/source/']);
    answers('list_in_directory', { path: '', folders: [], files: [], hasMore: false });
    run.type('\r');
    await run.shows('It is empty.');
  });
});

describe('/find', () => {
  it('shows what is called like that', async () => {
    answers('search_files', {
      files: [
        { path: 'sub', type: 'dir' },
        { path: 'sub/b.js', type: 'file' },
      ],
      total: 40,
      timed_out: true,
    });
    run.type('/find b\r');
    await run.shows('There was not the time to look at everything.');
    expect(run.screen).toMatch(/^sub\/\n+sub\/b\.js\n+… 2 of 40\.$/m);
    expect(relay.commandsOf('search_files')[0]).toMatchObject({ query: 'b', cwd: '/w' });
  });

  it('says that there is nothing, and what is missing', async () => {
    answers('search_files', { files: [] });
    run.type('/find zz\r');
    await run.shows('Nothing is called like that.');
    run.type('/find\r');
    await run.shows('Type /find and a part of a path.');
  });
});

describe('/grep', () => {
  it('shows where lines match, also far into a long one', async () => {
    const long = { line: 3, column: 1_001, column_end: 1_007, text: `${'x'.repeat(300)}needle`, text_column: 701 };
    answers('grep_in_files', {
      matches: [
        { path: 'a.txt', line: 2, column: 3, column_end: 9, text: '  needle here' },
        { path: 'min.js', ...long },
      ],
      total_matches: 2,
      total_files: 2,
      truncated: true,
    });
    run.type('/grep need.e\r');
    await run.shows('… there are more than 2 matches.');
    expect(run.screen).toMatch(/^a\.txt:2:3 {2}needle here$/m);
    expect(run.screen.replaceAll('\n', '')).toContain(`min.js:3:1001  ${'x'.repeat(194)}needle`);
    expect(relay.commandsOf('grep_in_files')[0]).toMatchObject({ query: 'need.e', is_regex: true, cwd: '/w' });
  });

  it('says that nothing matches, and why it could not look', async () => {
    answers('grep_in_files', { matches: [], truncated: false });
    run.type('/grep zz\r');
    await run.shows('No line matches.');
    refuses('grep_in_files', 'unclosed group');
    run.type('/grep (\r');
    await run.shows('unclosed group');
  });
});

describe('/cat', () => {
  it('shows a file, what a terminal would obey spelled out, and how much of it', async () => {
    answers('read_file', { path: '', content: 'one\n\u001b[2Jtwo\n', length: 12, size: 99 });
    run.type('/cat a.txt\r');
    await run.shows('… 12 of 99 bytes.');
    expect(run.screen).toContain(String.raw`\u{1b}[2Jtwo`);
    expect(relay.commandsOf('read_file')[0]).toMatchObject({ path: '/w/a.txt', offset: 0 });
  });

  it('says what is wrong', async () => {
    refuses('read_file', 'ENOENT: no such file');
    run.type('/cat zz\r');
    await run.shows('ENOENT: no such file');
    run.type('/cat\r');
    await run.shows('Type /cat and the path of a file.');
  });
});

describe('/branch', () => {
  const branch = (name: string, is_current = false) => ({ name, is_current, is_remote: false });

  it('shows the branches', async () => {
    answers('search_branches', { branches: [branch('feature/x'), branch('main', true)] });
    run.type('/branch\r');
    await run.shows('* main');
    expect(run.screen).toMatch(/^ {2}feature\/x$/m);
  });

  it('changes to one, to a new one, and completes its name', async () => {
    answers('search_branches', { branches: [branch('feature/x'), branch('main', true)] });
    relay.scripts['checkout_branch'] = (command) =>
      relay.answer(command, { success: true, branch: String(command['branch']) });
    run.type(`/branch fea${TAB}`);
    await run.shows('> /branch feature/x');
    run.type('\r');
    await run.shows('On branch feature/x.');
    run.type('/branch new y\r');
    await run.shows('On branch y.');
    run.type('/branch old y\r');
    await run.shows('Type /branch, /branch and a name, or /branch new and a name.');
    expect(relay.commandsOf('checkout_branch')).toMatchObject([
      { branch: 'feature/x', create: false, cwd: '/w', runtime: FAKE_RUNTIME },
      { branch: 'y', create: true, cwd: '/w' },
    ]);
  });

  it('gives git’s reason', async () => {
    refuses('checkout_branch', 'error: Your local changes would be overwritten\n\ta.txt');
    run.type('/branch main\r');
    await run.shows('error: Your local changes would be overwritten');
  });
});
