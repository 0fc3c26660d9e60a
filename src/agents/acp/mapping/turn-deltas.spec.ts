import { describe, expect, it } from 'vitest';
import type { Delta } from '../../../protocol/index.js';
import type { Raw } from './read.js';
import { TurnDeltas } from './turn-deltas.js';

const OPTIONS = { maxDeltaLength: 10, restreamPauseMs: 1_000 };
const chunk = (text: string, messageId?: string, kind = 'agent_message_chunk'): Raw => ({
  sessionUpdate: kind,
  content: { type: 'text', text },
  ...(messageId === undefined ? {} : { messageId }),
});
const call = (fields: Raw): Raw => ({ sessionUpdate: 'tool_call_update', toolCallId: 'c', ...fields });
const text = (...texts: readonly string[]): readonly Raw[] =>
  texts.map((words) => ({ type: 'content', content: { type: 'text', text: words } }));

/** What updates become, without ids and times that are made up. */
function deltas(...updates: readonly Raw[]): object[] {
  const turn = new TurnDeltas('turn-1', OPTIONS);
  return [...updates.flatMap((update) => turn.next(update, 0)), ...turn.end(true)].map(simple);
}

function simple({ id, ...delta }: Delta): object {
  return /^(status|usage)-/.test(id ?? '') ? delta : { id, ...delta };
}

const said = (id: string, words: string): object => ({
  message_type: 'assistant_message',
  id,
  content: [{ type: 'text', text: words }],
});
const thought = (id: string, words: string): object => ({ message_type: 'reasoning_message', id, reasoning: words });
const returned = (fields: object): object => ({
  message_type: 'tool_return_message',
  id: 'return-c',
  tool_call_id: 'c',
  name: 'grep',
  ...fields,
});

describe('TurnDeltas: what updates become', () => {
  it.each<[string, readonly Raw[], readonly object[]]>([
    ['text under its own id', [chunk('a', 'm'), chunk('b', 'm')], [said('m', 'a'), said('m', 'b')]],
    [
      'text and thoughts without ids, a new id when the speaker changes',
      [chunk('a'), chunk('b'), chunk('c', undefined, 'agent_thought_chunk'), chunk('d')],
      [said('turn-1-1', 'a'), said('turn-1-1', 'b'), thought('turn-1-2', 'c'), said('turn-1-3', 'd')],
    ],
    ['long text in pieces', [chunk('0123456789abc', 'm')], [said('m', '0123456789'), said('m', 'abc')]],
    [
      'content that is no text by its name',
      [{ sessionUpdate: 'agent_message_chunk', messageId: 'm', content: { type: 'image', uri: 'file:///a.png' } }],
      [said('m', '[file:///a.p'.slice(0, 10)), said('m', 'a.png]'.slice(-6 + 1))],
    ],
    ['nothing of the user’s own message', [chunk('a', 'm', 'user_message_chunk')], []],
    ['nothing of what is not known', [{ sessionUpdate: 'newer' }, {}, { sessionUpdate: 7 }], []],
    ['nothing of a call without an id', [{ sessionUpdate: 'tool_call', title: 'x' }], []],
    [
      'a plan, all of it',
      [
        {
          sessionUpdate: 'plan',
          entries: [{ content: 'a', status: 'completed' }, { content: 'b', status: 'in_progress' }, { content: 'c' }],
        },
      ],
      [
        {
          message_type: 'status',
          level: 'info',
          message: 'Plan:\n[x] a\n[>] b\n[ ] c',
          plan: [{ content: 'a', status: 'completed' }, { content: 'b', status: 'in_progress' }, { content: 'c' }],
        },
      ],
    ],
    [
      'how full the context is',
      [{ sessionUpdate: 'usage_update', used: 5, size: 10, cost: { amount: 1, currency: 'USD' } }],
      [
        {
          message_type: 'usage_statistics',
          context_tokens: 5,
          context_window: 10,
          cost: { amount: 1, currency: 'USD' },
        },
      ],
    ],
    [
      'a notice',
      [{ sessionUpdate: 'notice', severity: 'warning', title: 'Slow', description: 'the model is busy' }],
      [{ message_type: 'status', level: 'warning', message: 'Slow: the model is busy' }],
    ],
    [
      'a compaction that failed',
      [{ sessionUpdate: 'compaction_update', compactionId: 'k', status: 'failed', error: 'too long' }],
      [
        {
          message_type: 'status',
          level: 'error',
          message: 'Compacting the context: failed\ntoo long',
          compaction_id: 'k',
        },
      ],
    ],
  ])('%s', (_, updates, expected) => {
    expect(deltas(...updates)).toEqual(expected);
  });

  it('a tool call that has ended says no more', () => {
    const updates = [call({ status: 'in_progress', content: text('one') }), call({ status: 'completed' })];
    const late = [call({ status: 'completed', title: 'late', content: text('one, late') }), call({ status: 'failed' })];
    expect(deltas(...updates, ...late)).toEqual(deltas(...updates));
  });

  it('a tool call from its beginning to its end', () => {
    expect(
      deltas(
        { sessionUpdate: 'tool_call', toolCallId: 'c', title: 'grep', kind: 'search', status: 'pending', rawInput: {} },
        call({ status: 'in_progress', title: 'needle', rawInput: { command: 'grep needle' } }),
        call({ status: 'in_progress', content: text('one') }),
        call({ status: 'in_progress', content: text('one, two') }),
        call({ status: 'in_progress', content: text('other') }),
        call({ status: 'completed', content: text('other') }),
        call({ status: 'completed' }),
      ),
    ).toEqual([
      {
        message_type: 'tool_call_message',
        id: 'message-c',
        tool_call: { name: 'grep', arguments: '{}', tool_call_id: 'c' },
        title: 'grep',
        kind: 'search',
        locations: [],
      },
      expect.objectContaining({
        id: 'message-c',
        title: 'needle',
        tool_call: { name: 'grep', arguments: '{"command":"grep needle"}', tool_call_id: 'c' },
      }),
      {
        message_type: 'client_tool_start',
        id: 'start-c',
        tool_call_id: 'c',
        tool_name: 'grep',
        title: 'needle',
        command: 'grep needle',
      },
      returned({ status: 'running', tool_return: 'one' }),
      returned({ status: 'running', tool_return: ', two' }),
      returned({ status: 'running', tool_return: 'other', replaces: true }),
      { message_type: 'client_tool_end', id: 'end-c', tool_call_id: 'c', status: 'success' },
      returned({ status: 'success', tool_return: '' }),
    ]);
  });

  it('output that is long comes in pieces, of which the first may take the place of the last', () => {
    const seen = deltas(
      call({ title: 'grep', status: 'in_progress', content: text('x') }),
      call({ content: text('0123456789abc') }),
    );
    expect(seen.slice(3, 5)).toEqual([
      returned({ status: 'running', tool_return: '0123456789', replaces: true }),
      returned({ status: 'running', tool_return: 'abc' }),
    ]);
  });

  it('a diff once, as a patch', () => {
    const content = [{ type: 'diff', path: '/w/a', oldText: 'a\n', newText: 'b\n' }];
    const seen = deltas(call({ title: 'grep', kind: 'edit', content }), call({ status: 'completed', content }));
    const diffs = [{ path: '/w/a', patch: expect.stringContaining('@@ -1,1 +1,1 @@\n-a\n+b\n'), created: false }];
    expect(seen.filter((delta) => 'diffs' in delta)).toEqual([returned({ status: 'running', tool_return: '', diffs })]);
  });

  it('a diff of a place in a file that was shown as a whole is known, another place is not', () => {
    const diff = (oldText: string, newText: string): Raw =>
      call({ content: [{ type: 'diff', path: '/w/a', oldText, newText }] });
    const seen = deltas(call({ title: 'grep' }), diff('a\nb\n', 'a\nc\n'), diff('b', 'c'), diff('c', 'd'));
    expect(seen.filter((delta) => 'diffs' in delta)).toHaveLength(2);
  });

  it('a call that failed says why, and one that never ended is ended with its turn', () => {
    expect(deltas(call({ title: 'grep', status: 'failed', rawOutput: { error: 'no such file' } })).at(-1)).toEqual(
      returned({ status: 'error', tool_return: 'no such file' }),
    );
    expect(deltas(call({ title: 'grep', status: 'in_progress' })).at(-1)).toEqual(
      returned({ status: 'error', tool_return: 'The turn ended before this tool did.' }),
    );
    expect(deltas(call({ title: 'grep', status: 'pending' }))).toHaveLength(1);
  });

  it('output of a terminal is that of the call that shows it, also what came before', () => {
    const turn = new TurnDeltas('turn-1', OPTIONS);
    expect(turn.terminalOutput('t', 'early ')).toEqual([]);
    const shows = call({ title: 'grep', status: 'in_progress', content: [{ type: 'terminal', terminalId: 't' }] });
    expect(turn.next(shows, 0).at(-1)).toEqual(
      returned({ status: 'running', stream: 'stdout', tool_return: 'early ' }),
    );
    expect(turn.terminalOutput('t', 'late')).toEqual([
      returned({ status: 'running', stream: 'stdout', tool_return: 'late' }),
    ]);
    expect(turn.running).toEqual(['c']);
  });

  it('a message that begins again after a pause, or after a tool, is shown once', () => {
    const turn = new TurnDeltas('turn-1', OPTIONS);
    const at = (now: number, ...updates: readonly Raw[]): object[] =>
      updates.flatMap((update) => turn.next(update, now));
    expect(at(0, chunk('One ', 'm'), chunk('two ', 'm'))).toHaveLength(2);
    expect(at(2_000, chunk('One ', 'm'), chunk('two ', 'm'), chunk('three', 'm'))).toEqual([said('m', 'three')]);
    expect(at(2_000, call({ title: 'grep' }), chunk('One two three', 'm'))).toHaveLength(1);
  });
});
