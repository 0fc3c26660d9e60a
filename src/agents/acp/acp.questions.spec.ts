import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AcpBench } from '../../../test/kit/acp-bench.js';
import { FakeTurn } from '../../../test/kit/fake-turn.js';

let bench: AcpBench;
beforeEach(async () => (bench = await AcpBench.open()));
afterEach(() => bench.close());

const start: AcpBench['start'] = (...given) => bench.start(...given);
const run: AcpBench['run'] = (...given) => bench.run(...given);

describe('an ACP agent that asks', () => {
  const edit = (name = 'file.txt', text = 'new text'): string => `edit ${path.join(bench.cwd, name)} ${text}`;

  it('granted: the question shows its options, the file changes, the diff is shown, and it is asked once', async () => {
    await writeFile(path.join(bench.cwd, 'file.txt'), 'old text\n');
    const { turn, end } = await run(start(), edit());
    expect(end.stopReason).toBe('end_turn');
    expect(turn.questions).toMatchObject([
      {
        tool_name: 'write',
        access: 'write',
        input: { newText: 'new text' },
        permission_suggestions: [
          { id: 'allow', text: 'Allow once', kind: 'allow_once' },
          { id: 'allow-always', text: 'Always allow', kind: 'allow_always' },
          { id: 'reject', text: 'Reject', kind: 'reject_once' },
        ],
      },
    ]);
    expect(await readFile(path.join(bench.cwd, 'file.txt'), 'utf8')).toBe('new text');
    const diffs = turn
      .of('tool_return_message')
      .flatMap((delta) => (Array.isArray(delta['diffs']) ? delta['diffs'] : []));
    expect(diffs).toEqual([
      {
        path: path.join(bench.cwd, 'file.txt'),
        created: false,
        patch: expect.stringContaining('-old text\n+new text'),
      },
    ]);
    expect(turn.text).toBe('allow');
  });

  it('a suggestion that was chosen is the option that the agent gets', async () => {
    const answer = { behavior: 'allow', selected_permission_suggestion_ids: ['allow-always'] } as const;
    expect((await run(start(), edit(), { answer })).turn.text).toBe('allow-always');
  });

  it('denied: nothing changes, and the turn ends as denied', async () => {
    const { turn, end } = await run(start(), edit(), { answer: { behavior: 'deny', message: 'not today' } });
    expect(end).toEqual({ stopReason: 'denied', error: 'not today' });
    expect(existsSync(path.join(bench.cwd, 'file.txt'))).toBe(false);
    expect(turn.of('client_tool_end')).toMatchObject([{ status: 'error' }]);
  });

  it('a corrected input, which no agent takes, is refused and told', async () => {
    const answer = { behavior: 'allow', updated_input: { newText: 'mine' } } as const;
    const { turn, end } = await run(start(), edit(), { answer });
    expect(end.stopReason).toBe('denied');
    expect(turn.notices).toEqual([expect.stringContaining('cannot take a corrected input')]);
  });

  it('in mode acceptEdits edits are not asked about, and commands are', async () => {
    const { turn } = await run(start(), `${edit()}\nrun echo hi`, { mode: 'acceptEdits' });
    expect(turn.questions).toMatchObject([
      { tool_name: 'terminal', access: 'execute', input: { command: 'echo hi', cwd: bench.cwd } },
    ]);
    expect(turn.text).toBe('allow0: hi\n');
  });

  it.each([
    ['standard', 'read', 'file.txt', 'Look', 'write file.txt new', 'write_text_file'],
    ['acceptEdits', 'edit', 'file.txt', 'echo hi', 'run echo hi', 'terminal'],
    ['standard', 'read', '-', 'echo hi', 'run echo hi', 'terminal'],
  ] as const)('in mode %s a call to %s allows no more than that', async (mode, kind, file, title, step, asked) => {
    const place = file === '-' ? file : path.join(bench.cwd, file);
    const { turn } = await run(start(), `ask ${kind} ${place} ${title}\n${step}`, { mode });
    expect(turn.text).toMatch(/^allow/);
    expect(turn.questions).toMatchObject([{ tool_name: asked }]);
  });

  it('a command that was asked about is not asked about again', async () => {
    const { turn } = await run(start(), 'ask execute - echo hi\nrun echo hi');
    expect(turn.questions).toMatchObject([{ access: 'execute', input: { title: 'echo hi' } }]);
    expect(turn.text).toBe('allow0: hi\n');
  });

  it('C35 what lies outside of the workspace is asked about as if it were anything', async () => {
    const { turn } = await run(start(), `edit ${path.join(bench.folder, 'outside.txt')} x`, { mode: 'acceptEdits' });
    expect(turn.questions).toMatchObject([{ access: 'execute' }]);
    expect(existsSync(path.join(bench.folder, 'outside.txt'))).toBe(false);
  });

  it('what the device keeps to itself is refused without a question', async () => {
    const { turn, end } = await run(start(), edit('.env'), { mode: 'unrestricted' });
    expect(turn.questions).toEqual([]);
    expect(turn.notices).toEqual([expect.stringContaining('kept from clients and agents')]);
    expect(end.stopReason).toBe('denied');
  });

  it('is told that the turn was cancelled while nobody had answered', async () => {
    const agent = start();
    const turn = new FakeTurn(edit(), bench.cwd, { answer: 'nobody' });
    const ended = agent.start(turn);
    await turn.until(({ questions }) => questions.length > 0);
    turn.abortion.abort();
    expect(await ended).toEqual({ stopReason: 'cancelled' });
  });
});
