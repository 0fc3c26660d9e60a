import { describe, expect, it } from 'vitest';
import { failureText, turnEnd } from './turn-end.js';

describe('turnEnd', () => {
  it.each([
    ['end_turn', false, undefined, { stopReason: 'end_turn' }],
    ['end_turn', true, undefined, { stopReason: 'cancelled' }],
    ['end_turn', true, 'no', { stopReason: 'cancelled' }],
    ['end_turn', false, 'no', { stopReason: 'denied', error: 'no' }],
    ['max_tokens', false, undefined, { stopReason: 'max_tokens', error: expect.stringContaining('longest') }],
    ['newer', false, undefined, { stopReason: 'newer' }],
    [undefined, false, undefined, { stopReason: 'end_turn' }],
  ])('%s, aborted %s, denied %s', (stopReason, aborted, denied, end) => {
    expect(turnEnd({ stopReason }, aborted, denied)).toEqual(end);
  });
});

describe('failureText', () => {
  it.each([
    [
      { code: -32_603, message: 'Internal error', data: { details: 'no model' } },
      /Internal error: no model.*send the input again/,
    ],
    [{ code: -32_603, message: 'Internal error', data: 'plain' }, /Internal error: plain/],
    [{ code: -32_602, message: 'No such file.' }, /: No such file\. The/],
    [{ code: -32_603 }, /does not say why/],
    [
      { code: -32_000, message: 'Authentication required' },
      /\(Authentication required\)\. Log in: run `agent login`\. Then send/,
    ],
    ['odd', /odd/],
  ])('%j', (error, words) => {
    expect(failureText(error, 'Log in: run `agent login`.')).toMatch(words);
  });
});
