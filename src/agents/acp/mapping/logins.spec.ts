import { describe, expect, it } from 'vitest';
import { howToLogIn, loginProblem } from './logins.js';

const KEY = { id: 'key', name: 'API key', description: 'reads AGENT_KEY.' };
const BY_HAND = { id: 'tui', name: 'By hand', type: 'terminal', args: ['log in', '--now'], env: { HOW: "it's" } };

describe('howToLogIn', () => {
  it.each([
    [[], 'It offers no login of its own: log in on the device with its own command.'],
    [
      [KEY],
      'It offers: "API key" (key), reads AGENT_KEY. A login that needs no person is done by the listener: start it with --agent-auth key.',
    ],
    [[BY_HAND], `It offers: "By hand" (tui): run on the device: HOW='it'\\''s' agent acp 'log in' --now.`],
    [[{}], 'It offers: "login" (no id).'],
  ])('%j', (methods, text) => {
    expect(howToLogIn(methods, 'agent acp')).toBe(text);
  });
});

describe('loginProblem', () => {
  it.each([
    ['key', undefined],
    ['tui', expect.stringContaining('leave --agent-auth out')],
    ['other', 'offers no login "other"; give --agent-auth one of: key, tui'],
  ])('%s', (id, problem) => {
    expect(loginProblem([KEY, BY_HAND], id)).toEqual(problem);
  });
});
