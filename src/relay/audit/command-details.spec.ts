import { expect, it } from 'vitest';
import { commandDetails } from './command-details.js';

const OPTIONS = { inputCharacters: 100 };

it('says what a command is about, and nothing of what it writes', () => {
  const write = { type: 'write_file', request_id: 'a', path: 'notes.txt', content: 'private' };
  expect(commandDetails(write, OPTIONS, [])).toEqual({
    type: 'write_file',
    requestId: 'a',
    path: 'notes.txt',
    characters: 7,
  });
});

it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
  'C29 takes a command called %s as any other',
  (type) => {
    expect(commandDetails({ type, request_id: 'a' }, OPTIONS, [])).toEqual({ type, requestId: 'a' });
  },
);
