import { expect, it } from 'vitest';
import { knownType } from './known-types.js';

it('knows the types of the protocol, and calls all others by one name', () => {
  for (const type of ['stream_delta', 'input', 'input_accepted', 'read_file_response', 'terminal_output', 'ping'])
    expect(knownType(type)).toBe(type);
  for (const type of ['made_up', 'made_up_response', '', '__proto__', undefined]) expect(knownType(type)).toBe('other');
});
