import { expect, it } from 'vitest';
import type { PresenceRecord } from '../../../environments/presence.js';
import { away, expecting, factsSince, shownFrom } from './shown.js';

const LINK = { kind: 'split', resumable: true } as const;
const ONLINE: PresenceRecord = {
  online: true,
  connectedAt: 1_000,
  awaySince: null,
  lastHeartbeat: 5_000,
  lastSeenAt: 5_000,
  offline: null,
};
const OFFLINE: PresenceRecord = {
  ...ONLINE,
  online: false,
  connectedAt: null,
  offline: { reason: 'stopped', since: 6_000 },
};
const AFTER_MS = 100;

it('a device that leaves its home with it is expected from then on; one that was away already, since it was', () => {
  const facts = { mode: 'standard', link: LINK };
  expect(away({ presence: ONLINE, facts }, 7_000)).toEqual({ presence: { ...ONLINE, awaySince: 7_000 }, facts });
  expect(away({ presence: { ...ONLINE, awaySince: 6_500 }, facts }, 7_000).presence?.awaySince).toBe(6_500);
  expect(away({ presence: OFFLINE, facts }, 7_000).presence).toEqual(OFFLINE);
  expect(away({ presence: undefined, facts }, 7_000).presence).toBeUndefined();
});

it('one that is expected counts as online until it has been away for long enough, and is lost then', () => {
  expect(expecting(ONLINE, 7_000, AFTER_MS, 7_099)).toEqual({ ...ONLINE, awaySince: 7_000 });
  const lost = { ...OFFLINE, offline: { reason: 'lost', since: 7_100 } };
  expect(expecting(ONLINE, 7_000, AFTER_MS, 7_100)).toEqual(lost);
  expect(expecting({ ...ONLINE, awaySince: 6_000 }, 7_000, AFTER_MS, 7_000).offline?.since).toBe(6_100);
  expect(expecting(OFFLINE, 7_000, AFTER_MS, 7_001)).toEqual(OFFLINE);
});

it.each([
  ['at a home that lives, is as it says', 'a', true, ONLINE, ONLINE],
  ['whose home was killed, is offline since it was seen', 'a', false, ONLINE, 'relay-restarted'],
  ['whose home was killed, keeps the reason that it had', 'a', false, OFFLINE, OFFLINE],
  ['without a home, is expected', '', false, { ...ONLINE, awaySince: 7_000 }, { ...ONLINE, awaySince: 7_000 }],
  ['without a home, is lost after that', '', false, { ...ONLINE, awaySince: 6_000 }, 'lost'],
  ['that nobody was connected to, is nothing', 'a', false, undefined, undefined],
])('one %s', (_which, node, isHeard, presence, expected) => {
  const shown = shownFrom({ node, term: 1, presence, facts: { mode: 'plan' } }, isHeard, AFTER_MS, 7_050);
  expect(shown.facts).toEqual({ mode: 'plan' });
  if (typeof expected !== 'string') return expect(shown.presence).toEqual(expected);
  const since = expected === 'lost' ? 6_100 : ONLINE.lastSeenAt;
  expect(shown.presence).toEqual({ ...OFFLINE, offline: { reason: expected, since } });
});

it('what its device has told here counts, and of the rest what it told at the last home', () => {
  const runtime = { agent_id: 'a', conversation_id: 'c' };
  const ended = { runtime, at: 1 };
  const asked = { runtime, at: 2 };
  const before = {
    mode: 'standard',
    branch: 'main',
    link: LINK,
    attention: { waitingApprovals: 2, lastTurnEnded: ended },
  };
  expect(factsSince(before, {})).toEqual(before);
  expect(factsSince(undefined, {})).toEqual({});
  expect(factsSince(before, { mode: 'plan', attention: { waitingApprovals: 0, lastAsked: asked } })).toEqual({
    mode: 'plan',
    branch: 'main',
    link: LINK,
    attention: { waitingApprovals: 0, lastTurnEnded: ended, lastAsked: asked },
  });
});
