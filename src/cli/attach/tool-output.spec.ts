import { beforeEach, describe, expect, it } from 'vitest';
import type { Delta } from '../../protocol/index.js';
import { Output } from '../output.js';
import { NO_PAINT } from '../paint.js';
import { ToolOutput } from './tool-output.js';

let shown: string;
let output: ToolOutput;

beforeEach(() => {
  shown = '';
  const stream = { write: (text: string) => ((shown += text), true), on: () => {}, once: () => {} };
  output = new ToolOutput(new Output(stream), NO_PAINT);
  output.announced(call('run', 'execute'));
  output.announced(call('look', 'read'));
});

function call(tool_call_id: string, kind: string): Delta {
  return { message_type: 'tool_call_message', tool_call: { tool_call_id }, kind };
}

function returns(tool_call_id: string, fields: object = {}): Delta {
  return { message_type: 'tool_return_message', tool_call_id, ...fields };
}

describe('what an agent’s tools return', () => {
  it('is shown as it comes where a command runs', async () => {
    await output.print(returns('run'), 'one\ntw');
    await output.print(returns('run'), 'o');
    expect(shown).toBe('one\ntwo');
    await output.ended(returns('run'));
    expect(shown).toBe('one\ntwo\n');
  });

  it('is a glimpse of anything else, once', async () => {
    await output.print(returns('look'), 'a\nb\nc\nd\n');
    await output.print(returns('look'), 'e\n');
    await output.print(returns('unknown'), 'f\n');
    expect(shown).toBe('a\nb\nc\n…\nf\n');
  });

  it('is a glimpse also where it comes in pieces, and there is more', async () => {
    for (const piece of ['a\n', 'b\n', 'c\n', '\n']) await output.print(returns('look'), piece);
    expect(shown).toBe('a\nb\nc\n');
    for (const piece of ['d\n', 'e\n']) await output.print(returns('look'), piece);
    expect(shown).toBe('a\nb\nc\n…\n');
  });

  it('says where all of it is shown again', async () => {
    await output.print(returns('run'), 'first');
    await output.print(returns('run', { replaces: true }), 'second');
    expect(shown).toBe('first\n(all of it again)\nsecond');
  });
});
