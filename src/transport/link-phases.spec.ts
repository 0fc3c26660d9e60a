import { describe, expect, it } from 'vitest';
import { LinkPhases } from './link-phases.js';
import type { LinkPhase } from './link-state.js';

/** The shortest way from the start to each phase. */
const WAYS: Readonly<Record<LinkPhase, readonly LinkPhase[]>> = {
  offline: [],
  registering: ['registering'],
  connecting: ['connecting'],
  ready: ['connecting', 'ready'],
  draining: ['draining'],
  stopped: ['stopped'],
};
const ALLOWED: Readonly<Record<LinkPhase, string>> = {
  offline: 'offline registering connecting draining stopped',
  registering: 'offline connecting draining stopped',
  connecting: 'offline ready draining stopped',
  ready: 'offline draining stopped',
  draining: 'stopped',
  stopped: '',
};

function at(phase: LinkPhase): LinkPhases {
  const phases = new LinkPhases();
  for (const step of WAYS[phase]) phases.enter({ phase: step });
  return phases;
}

describe('LinkPhases', () => {
  it.each(Object.keys(WAYS) as LinkPhase[])('allows from %s what the table says, and refuses the rest', (from) => {
    for (const to of Object.keys(WAYS) as LinkPhase[]) {
      const phases = at(from);
      if (ALLOWED[from].split(' ').includes(to)) {
        phases.enter({ phase: to });
        expect(phases.current.phase).toBe(to);
      } else {
        expect(() => phases.enter({ phase: to })).toThrow(`from ${from} to ${to}`);
        expect(phases.current.phase).toBe(from);
      }
    }
  });

  it('shows each state to everybody who watches, the current one first, and ends with the last', async () => {
    const phases = at('ready');
    const states = phases.states();
    phases.enter({ phase: 'offline', reason: 'broken' });
    phases.enter({ phase: 'stopped' });
    const seen: LinkPhase[] = [];
    for await (const { phase } of states) seen.push(phase);
    expect(seen).toEqual(['ready', 'offline', 'stopped']);
  });
});
