import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AcpBench } from '../../../test/kit/acp-bench.js';
import { FakeTurn } from '../../../test/kit/fake-turn.js';
import type { Runtime } from '../../protocol/index.js';

let bench: AcpBench;
beforeEach(async () => (bench = await AcpBench.open()));
afterEach(() => bench.close());

const start: AcpBench['start'] = (...given) => bench.start(...given);
const run: AcpBench['run'] = (...given) => bench.run(...given);

describe('a turn of an ACP agent', () => {
  it('shows thoughts and text as they come, and what was used', async () => {
    const { turn, end } = await run(start(), 'think hm\nsay Hello \nsay world');
    expect(end).toEqual({ stopReason: 'end_turn' });
    expect(turn.text).toBe('Hello world');
    expect(turn.of('reasoning_message')).toMatchObject([{ reasoning: 'hm' }]);
    expect(turn.of('usage_statistics')).toMatchObject([{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }]);
    expect(turn.activities).toEqual(['WAITING_FOR_API_RESPONSE', 'PROCESSING_API_RESPONSE']);
  });

  it('has every update of a turn before its end, in order', async () => {
    const { turn } = await run(start(), 'burst 2000');
    expect(turn.text.trim().split(' ').map(Number)).toEqual(Array.from({ length: 2_000 }, (_, at) => at + 1));
  });

  it('shows the output of a tool as what is new of it', async () => {
    const { turn } = await run(start(), 'tool one two three');
    expect(turn.deltas.map(({ message_type, status, tool_return }) => [message_type, status, tool_return])).toEqual([
      ['tool_call_message', undefined, undefined],
      ['client_tool_start', undefined, undefined],
      ['tool_return_message', 'running', 'one\n'],
      ['tool_return_message', 'running', 'two\n'],
      ['tool_return_message', 'running', 'three\n'],
      ['client_tool_end', 'success', undefined],
      ['tool_return_message', 'success', ''],
      ['usage_statistics', undefined, undefined],
    ]);
    expect(turn.activities).toContain('EXECUTING_CLIENT_SIDE_TOOL *');
  });

  it('shows plans, usage of the context, and passes over updates that it does not know', async () => {
    const { turn, end } = await run(start(), 'plan look,mend\nuse 10\nunknown\nsay done');
    expect(turn.notices).toEqual(['Plan:\n[>] look\n[ ] mend']);
    expect(turn.of('usage_statistics')[0]).toMatchObject({ context_tokens: 10, context_window: 1000 });
    expect([turn.text, end.stopReason]).toEqual(['done', 'end_turn']);
  });

  it('sends images where the agent takes them, and says what it left out', async () => {
    const content = [
      { type: 'text', text: 'blocks' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
      { type: 'resource', resource: { uri: 'file:///a', text: 'A' } },
      { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
    ];
    const { turn } = await run(start(), '', { messages: [{ role: 'user', content }] });
    expect(turn.notices).toEqual(['Left out of the message: audio (this agent takes none).']);
    const sent = run(start(), '', {
      messages: [{ role: 'user', content: [content[1], { type: 'text', text: 'blocks' }] }],
    });
    expect(JSON.parse((await sent).turn.text)).toEqual([
      { type: 'image', data: 'AAAA', mimeType: 'image/png' },
      { type: 'text', text: 'blocks' },
    ]);
  });

  it('a re-streamed message is shown once', async () => {
    const agent = start({ restreamPauseMs: 20 }, { SCRIPTED_PAUSE_MS: '60' });
    expect((await run(agent, 'restream one two three four')).turn.text).toBe('one two three four ');
  });

  it.each([
    ['max_tokens', 'longest'],
    ['refusal', 'refused'],
  ])('passes the stop reason %s on, and says what to do', async (reason, words) => {
    const { end } = await run(start(), `end ${reason}`);
    expect(end).toEqual({ stopReason: reason, error: expect.stringContaining(words) });
  });

  it('a failed turn (-32603) is an error with the agent’s words, and the agent lives', async () => {
    const agent = start();
    expect((await run(agent, 'fail no model')).end).toEqual({
      stopReason: 'error',
      error: expect.stringContaining('Internal error: no model'),
    });
    expect((await run(agent, 'said')).turn.text).toBe('fail no model|said');
  });

  it('keeps a session for each runtime, and sends an absolute directory inside of the workspace', async () => {
    const agent = start();
    const other: Runtime = { agent_id: null, conversation_id: 'conv-2' };
    await Promise.all([run(agent, 'say a'), run(agent, 'say b', { runtime: other })]);
    expect((await run(agent, 'said')).turn.text).toBe('say a|said');
    expect((await run(agent, 'said', { runtime: other })).turn.text).toBe('say b|said');
    expect((await run(agent, 'cwd')).turn.text).toBe(bench.cwd);
  });

  it('goes on with the session in another working directory, where the agent can', async () => {
    const agent = start({}, { SCRIPTED_REOPENS: 'resume' });
    await run(agent, 'say a');
    await mkdir(path.join(bench.cwd, 'sub'));
    const turn = new FakeTurn('cwd\nsaid', path.join(bench.cwd, 'sub'));
    await agent.start(turn);
    expect(turn.text).toBe(`${path.join(bench.cwd, 'sub')}say a|cwd`);
  });

  it('shows modes, commands and the title beside turns', async () => {
    const agent = start();
    const changed: Runtime[] = [];
    agent.watchStatus((runtime) => changed.push(runtime));
    const { turn } = await run(agent, 'mode plan\ntitle Mending\nsay x');
    expect(changed.length).toBeGreaterThan(0);
    expect(agent.statusOf(turn.runtime)).toEqual({
      title: 'Mending',
      current_mode: 'plan',
      modes: [
        { id: 'build', name: 'Build' },
        { id: 'plan', name: 'Plan', description: 'changes nothing' },
      ],
      commands: [{ name: 'review', description: 'reviews changes', hint: '[branch]' }],
    });
  });

  it('holds the agent back while there is no room', async () => {
    const agent = start();
    let makeRoom = (): void => {};
    const turn = new FakeTurn('burst 5000', bench.cwd);
    const ended = agent.start(turn);
    await turn.until(({ deltas }) => deltas.length > 0);
    turn.room = new Promise((resolve) => (makeRoom = resolve));
    const [shown, asked] = [turn.deltas.length, turn.asked];
    await turn.until((waiting) => waiting.asked > asked);
    expect(turn.deltas.length).toBeGreaterThanOrEqual(shown);
    expect(turn.deltas.length).toBeLessThan(5_000);
    makeRoom();
    await ended;
    expect(turn.text.trim().split(' ')).toHaveLength(5_000);
  });

  it('gives the agent no token, and of the environment only what is named', async () => {
    process.env['TWINLANE_TOKEN'] = 'secret';
    process.env['OTHER_SECRET'] = 'secret';
    const { turn } = await run(start(), 'env TWINLANE_TOKEN\nenv OTHER_SECRET\nenv PATH');
    delete process.env['TWINLANE_TOKEN'];
    delete process.env['OTHER_SECRET'];
    expect(turn.text).toBe(`undefinedundefined${process.env['PATH']}`);
  });
});
