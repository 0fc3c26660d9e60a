import { expect, it } from 'vitest';
import { accessOfCommand, changesMachine } from './command-access.js';

it.each([
  ['read_file', 'read', false],
  ['write_file', 'write', true],
  ['terminal_input', 'execute', true],
  ['input', undefined, false],
  ['what_a_team_adds', undefined, false],
])('%s: %s', (type, access, changes) => {
  expect(accessOfCommand(type)).toBe(access);
  expect(changesMachine(type)).toBe(changes);
});
