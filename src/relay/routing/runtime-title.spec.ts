import { describe, expect, it } from 'vitest';
import type { Frame } from '../../protocol/index.js';
import { agentTitle, inputTitle, titleText } from './runtime-title.js';

const input = (content: unknown): Frame => ({
  type: 'stream_delta',
  delta: { message_type: 'user_message', id: 'm1', content },
});

const titleOf = (frame: Frame): string | undefined => inputTitle(frame, JSON.stringify(frame));

describe('the title of a runtime', () => {
  it.each<[string, unknown, string | undefined]>([
    ['a line', 'make all', 'make all'],
    ['the first line with something in it', '\n  \n  make \t all  \nand more', 'make all'],
    ['a line that ends as elsewhere', 'one\r\ntwo', 'one'],
    [
      'text among other parts',
      [{ type: 'image' }, null, { type: 'text', text: ' ' }, { type: 'text', text: 'it' }],
      'it',
    ],
    ['no text', [{ type: 'image' }], undefined],
    ['nothing', '', undefined],
    ['no content', undefined, undefined],
    ['something else', { text: 'x' }, undefined],
    ['too much', 'x'.repeat(200), `${'x'.repeat(119)}…`],
    ['as much as fits', 'x'.repeat(120), 'x'.repeat(120)],
    ['never half of a character', `${'x'.repeat(118)}😀 and more`, `${'x'.repeat(118)}…`],
  ])('is, of an input that is %s', (_what, content, title) => {
    expect(titleOf(input(content))).toBe(title);
    expect(inputTitle({ type: 'stream_delta' }, JSON.stringify(input(content)))).toBe(title);
  });

  it('is no other event’s', () => {
    const delta = { message_type: 'assistant_message', content: 'make all' };
    for (const frame of [
      { type: 'stream_delta', delta },
      { type: 'stream_delta', delta: 'user_message' },
      { type: 'turn_finished', delta: { message_type: 'user_message', content: 'make all' } },
    ])
      expect(titleOf(frame as Frame)).toBeUndefined();
  });

  it('is read again from what is kept of it', () => {
    for (const title of ['make all', '"quoted" \\ and 😀', '\ud800'])
      expect(titleOf(JSON.parse(titleText(title)) as Frame)).toBe(title);
  });

  it.each([
    [{ agent_status: { title: 'Build\nit' } }, 'Build'],
    [{ agent_status: { title: 7 } }, undefined],
    [{ agent_status: 'Build' }, undefined],
    [{}, undefined],
  ])('is what a device says its agent calls it: %j', (status, title) => {
    expect(agentTitle(status)).toBe(title);
  });
});
