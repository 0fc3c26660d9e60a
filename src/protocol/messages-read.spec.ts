import { expect, it } from 'vitest';
import { messagesReadReason, readMessagesRead, withoutMessagesRead } from './messages-read.js';

it('a close reason says how many messages were acted upon', () => {
  expect(readMessagesRead(messagesReadReason('The relay restarts; reconnect.', 17))).toBe(17);
  expect(readMessagesRead(messagesReadReason('', 0))).toBe(0);
});

it.each(['', 'The relay restarts; reconnect.', 'Messages-Read: many.', 'Messages-Read: 1'])(
  '%j says nothing of it',
  (reason) => {
    expect(readMessagesRead(reason)).toBeUndefined();
  },
);

it('people are told the rest', () => {
  expect(withoutMessagesRead(messagesReadReason('The relay restarts; reconnect.', 17))).toBe(
    'The relay restarts; reconnect.',
  );
  expect(withoutMessagesRead(messagesReadReason('', 0))).toBe('');
  expect(withoutMessagesRead('Another one.')).toBe('Another one.');
});
