import { expect, it } from 'vitest';
import { readRegistrationAnswer } from './registration-answer.js';

function granted(wsUrl: string) {
  return { status: 200, header: () => null, text: JSON.stringify({ connectionId: 'conn-1', wsUrl }) };
}

it('does not take the token from TLS to an address without it, and says what to set', () => {
  const server = 'https://relay.example/behind';
  expect(() => readRegistrationAnswer(granted('ws://relay.example/x'), server, 0)).toThrow(
    `set TWINLANE_PUBLIC_URL on the relay to ${server}`,
  );
  expect(readRegistrationAnswer(granted('wss://relay.example/x'), server, 0)).toMatchObject({ connectionId: 'conn-1' });
  expect(readRegistrationAnswer(granted('ws://127.0.0.1/x'), 'http://127.0.0.1:7400', 0)).toBeDefined();
});
