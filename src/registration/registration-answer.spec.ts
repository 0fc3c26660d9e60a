import { expect, it } from 'vitest';
import { readRegistrationAnswer } from './registration-answer.js';

function granted(wsUrl: string, more: object = {}) {
  return { status: 200, header: () => null, text: JSON.stringify({ connectionId: 'conn-1', wsUrl, ...more }) };
}

it('does not take the token from TLS to an address without it, and says what to set', () => {
  const server = 'https://relay.example/behind';
  expect(() => readRegistrationAnswer(granted('ws://relay.example/x'), server, 0)).toThrow(
    `set TWINLANE_PUBLIC_URL on the relay to ${server}`,
  );
  expect(readRegistrationAnswer(granted('wss://relay.example/x'), server, 0)).toMatchObject({ connectionId: 'conn-1' });
  expect(readRegistrationAnswer(granted('ws://127.0.0.1/x'), 'http://127.0.0.1:7400', 0)).toBeDefined();
});

it('C29 takes no address that no socket can be opened at', () => {
  expect(() => readRegistrationAnswer(granted('ws://127.0.0.1/x#y'), 'http://127.0.0.1:7400', 0)).toThrow(
    'without a usable wsUrl',
  );
});

it.each([
  [4_096, 4_096],
  [4_096.5, 4_096],
  [0.5, 8 * 2 ** 20],
  [-1, 8 * 2 ** 20],
  ['4096', 8 * 2 ** 20],
  [2 ** 32, 256 * 2 ** 20],
  [1e308, 256 * 2 ** 20],
])('C29 takes %s as a bound of %s bytes', (maxFrameBytes, bound) => {
  const answer = granted('ws://127.0.0.1/x', { maxFrameBytes });
  expect(readRegistrationAnswer(answer, 'http://127.0.0.1:7400', 0)).toMatchObject({ maxFrameBytes: bound });
});
