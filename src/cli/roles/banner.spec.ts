import { expect, it } from 'vitest';
import { banner, listenNext, relayLines } from './banner.js';
import type { RunningRelay } from './run-relay.js';

const RELAY: RunningRelay = {
  url: 'http://127.0.0.1:7400',
  token: 'chosen-by-somebody',
  kept: undefined,
  consoleUrl: undefined,
  isNode: false,
  health: { refusal: async () => undefined, metrics: async () => '' },
  close: async () => {},
};

it('the link of the console comes first', () => {
  const kept = { token: 'made-here', path: '/data/token', made: true, tightened: false };
  const consoleUrl = 'http://127.0.0.1:7400/#token=made-here';
  const [, , first, second] = banner(relayLines({ ...RELAY, token: 'made-here', kept, consoleUrl }), 'next').split(
    '\n',
  );
  expect([first, second]).toEqual([`  console      ${consoleUrl}`, '  relay        http://127.0.0.1:7400']);
});

it('a token that somebody chose is not shown, in the link neither', () => {
  const lines = banner(relayLines({ ...RELAY, consoleUrl: 'http://127.0.0.1:7400/' }), 'next');
  expect(lines).toContain('  console      http://127.0.0.1:7400/\n');
  expect(lines).not.toContain(RELAY.token);
});

it('a relay without a console says nothing of one', () => {
  expect(banner(relayLines(RELAY), 'next')).not.toContain('console');
});

it('a node says where all of them are listed, and that others refuse a token of its own', () => {
  const kept = { token: 'made-here', path: '/data/token', made: true, tightened: false };
  const lines = banner(relayLines({ ...RELAY, kept, isNode: true }), 'next');
  expect(lines).toContain('  nodes        npx twinlane nodes --server http://127.0.0.1:7400\n');
  expect(lines).toContain('Other nodes refuse it: set TWINLANE_TOKEN, to the same at every node.\n');
  expect(banner(relayLines({ ...RELAY, isNode: true }), 'next')).not.toContain('refuse');
  expect(banner(relayLines({ ...RELAY, kept }), 'next')).not.toContain('nodes');
});

it('a listener is told which relay it is to dial', () => {
  const lines = banner(relayLines(RELAY), listenNext('https://relay.example'));
  expect(lines).toContain('\nWhere agents run:  npx twinlane listen --server https://relay.example\n');
});
