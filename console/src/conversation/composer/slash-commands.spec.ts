import { expect, it } from 'vitest';
import { readSlash, slashEntries } from './slash-commands.js';

const offered = {
  modes: ['standard', 'strict'],
  agentModes: [{ id: 'plan', name: 'Plan' }],
  commands: [{ name: 'compact', description: 'make the context smaller', hint: 'what to keep' }],
};

it('reads what is meant for the device, and leaves the rest to the agent', () => {
  expect(readSlash('/mode strict')).toEqual({ kind: 'mode', mode: 'strict' });
  expect(readSlash('/agent-mode plan ')).toEqual({ kind: 'agent-mode', mode: 'plan' });
  expect(readSlash('/abort')).toEqual({ kind: 'abort' });
  expect(readSlash('/new')).toEqual({ kind: 'new' });
  for (const line of ['/compact all', '/mode', '/new file', 'ls /mode x', '/etc/passwd'])
    expect(readSlash(line)).toEqual({ kind: 'input' });
});

it('offers what the line may become', () => {
  expect(slashEntries('/', offered)).toHaveLength(6);
  expect(slashEntries('/mode s', offered).map(({ text }) => text)).toEqual(['/mode standard', '/mode strict']);
  expect(slashEntries('/com', offered)).toEqual([
    { text: '/compact', description: 'make the context smaller (what to keep)' },
  ]);
  expect(slashEntries('/compact', offered)).toEqual([]);
  expect(slashEntries('look at /mode', offered)).toEqual([]);
});
