import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AcpBench } from '../../../test/kit/acp-bench.js';

let bench: AcpBench;
beforeEach(async () => (bench = await AcpBench.open()));
afterEach(() => bench.close());

const start: AcpBench['start'] = (...given) => bench.start(...given);
const run: AcpBench['run'] = (...given) => bench.run(...given);

describe('files and terminals for an ACP agent', () => {
  it('reads files of the workspace, whole or by lines', async () => {
    await writeFile(path.join(bench.cwd, 'lines'), 'one\ntwo\nthree\nfour\n');
    const { turn } = await run(start(), 'read lines 2 2');
    expect(turn.text).toBe('two\nthree');
  });

  it('says by its own error that a file does not exist', async () => {
    const { end } = await run(start(), 'read missing.txt');
    expect(end.error).toContain('missing.txt');
    expect(end.error).toContain('not found');
  });

  it('writes after a question of its own, where the agent has asked none', async () => {
    const { turn } = await run(start(), 'write sub/new.txt some text');
    expect(turn.questions).toMatchObject([
      { tool_name: 'write_text_file', access: 'write', input: { diff: expect.stringContaining('+some text') } },
    ]);
    expect(await readFile(path.join(bench.cwd, 'sub/new.txt'), 'utf8')).toBe('some text');
  });

  it.each([
    ['out by ..', 'write ../outside.txt x'],
    ['out by an absolute path', 'read /etc/passwd'],
    ['out through a link', 'write link/x.txt x'],
    ['to what is kept back', 'read .env'],
  ])('C35 refuses a path that leads %s', async (_, step) => {
    await symlink(bench.folder, path.join(bench.cwd, 'link'));
    await writeFile(path.join(bench.cwd, '.env'), 'SECRET=1');
    const { end } = await run(start(), step, { mode: 'unrestricted' });
    expect(end).toMatchObject({
      stopReason: 'error',
      error: expect.stringMatching(/outside of the workspace|kept from/),
    });
    expect(existsSync(path.join(bench.folder, 'outside.txt')) || existsSync(path.join(bench.folder, 'x.txt'))).toBe(
      false,
    );
  });

  it('refuses what is no regular file, and might never end, before anybody is asked', async () => {
    execFileSync('mkfifo', [path.join(bench.cwd, 'pipe')]);
    const agent = start();
    for (const step of ['read pipe', 'write pipe x']) {
      const { turn, end } = await run(agent, step);
      expect(end.error).toContain('no regular file');
      expect(turn.questions).toEqual([]);
    }
  });

  it('runs commands, shows their output as that of the tool, and says how they ended', async () => {
    const { turn } = await run(start(), 'run echo one; sleep 0.05; echo two; exit 3', { mode: 'unrestricted' });
    expect(turn.text).toBe('3: one\ntwo\n');
    expect(turn.output).toContain('one\ntwo\n');
    expect(turn.of('client_tool_end')).toMatchObject([{ status: 'error' }]);
  });

  it('commands see of the environment what every child may', async () => {
    process.env['OTHER_SECRET'] = 'secret';
    const { turn } = await run(start(), 'run echo "[$OTHER_SECRET]"', { mode: 'unrestricted' });
    delete process.env['OTHER_SECRET'];
    expect(turn.text).toBe('0: []\n');
  });

  it('a denied command does not run', async () => {
    const { end } = await run(start(), 'run touch ran', { answer: { behavior: 'deny', message: 'no' } });
    expect(end).toMatchObject({ stopReason: 'error', error: expect.stringContaining('no') });
    expect(existsSync(path.join(bench.cwd, 'ran'))).toBe(false);
  });
});
