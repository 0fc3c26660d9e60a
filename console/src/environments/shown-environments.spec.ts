import { describe, expect, it } from 'vitest';
import type { EnvironmentRecord } from 'twinlane/client';
import { presenceView } from './presence-view.js';
import { shownEnvironments } from './shown-environments.js';

const NOW = 1_000_000_000_000;

function environment(connectionName: string, fields: Partial<EnvironmentRecord> = {}): EnvironmentRecord {
  return {
    id: `env-${connectionName}`,
    connectionId: `conn-${connectionName}`,
    deviceId: 'device-1',
    connectionName,
    organizationId: 'default',
    podId: null,
    connectedAt: NOW - 90_000,
    lastHeartbeat: NOW,
    lastSeenAt: NOW,
    firstSeenAt: 0,
    ...fields,
  };
}

const online10 = environment('ci-10', { metadata: { workspace: '/srv/Build' } });
const online2 = environment('ci-2', { currentBranch: 'feature/x' });
const away = environment('laptop', { awaySince: NOW - 40_000 });
const old = environment('attic', { connectionId: null, lastSeenAt: NOW - 86_400_000, metadata: { workspace: 7 } });
const recent = environment('zoo', { connectionId: null, lastSeenAt: NOW - 60_000 });
const ALL = [old, recent, away, online10, online2];
const names = (shown: readonly EnvironmentRecord[]) => shown.map(({ connectionName }) => connectionName);

describe('the list', () => {
  it('has who is online first, by name; who is offline as they were seen', () => {
    expect(names(shownEnvironments(ALL, '', 'presence'))).toEqual(['ci-2', 'ci-10', 'laptop', 'zoo', 'attic']);
    expect(names(shownEnvironments(ALL, '', 'name'))).toEqual(['attic', 'ci-2', 'ci-10', 'laptop', 'zoo']);
    expect(names(shownEnvironments(ALL, '', 'seen')).at(-1)).toBe('attic');
  });

  it.each([
    ['CI', ['ci-2', 'ci-10']],
    ['build', ['ci-10']],
    ['offline', ['zoo', 'attic']],
    ['feature ci', ['ci-2']],
    ['  ', ['ci-2', 'ci-10', 'laptop', 'zoo', 'attic']],
    ['nothing', []],
  ])('by %j shows what holds every word', (filter, shown) => {
    expect(names(shownEnvironments(ALL, filter, 'presence'))).toEqual(shown);
  });
});

describe('those that wait for a person', () => {
  const asking = environment('tower', { awaySince: NOW - 1_000, waitingApprovals: 2 });
  const cannot = environment('cellar', { connectionId: null, lastSeenAt: NOW, waitingApprovals: 1 });

  it('come first, but where nobody can answer', () => {
    const all = [...ALL, asking, cannot];
    expect(names(shownEnvironments(all, '', 'presence')).slice(0, 2)).toEqual(['tower', 'ci-2']);
    expect(names(shownEnvironments(all, 'wait', 'presence'))).toEqual(['tower']);
  });
});

describe('presence', () => {
  it.each([
    ['stopped', 'stopped 1 h ago', 'was stopped'],
    ['lost', 'lost 1 h ago', 'connection of its listener was lost'],
    ['access-ended', 'token ended 1 h ago', 'revoked or has expired'],
    ['released', 'released 1 h ago', 'An admin released it'],
    ['never-connected', 'registered 1 h ago', 'no WebSockets'],
    ['relay-restarted', 'relay restarted, seen 1 h ago', 'has not come back since'],
  ] as const)('says of one that is offline: %s', (offlineReason, since, reason) => {
    const gone = { ...old, offlineReason, offlineSince: NOW - 3_600_000 };
    expect(presenceView(gone, NOW)).toMatchObject({ since, reason: expect.stringContaining(reason) });
  });

  it('says no more than it knows where the relay gives no reason, or one of later days', () => {
    const odd = { ...old, offlineReason: 'constructor' as 'lost', offlineSince: NOW };
    for (const one of [old, odd, { ...old, offlineReason: null }])
      expect(presenceView(one, NOW)).toMatchObject({
        since: 'seen 1 d ago',
        reason: expect.stringContaining('is not connected'),
      });
  });

  it('says since when, and why where something is off', () => {
    expect(presenceView(online2, NOW)).toEqual({ state: 'online', tone: 'good', since: 'for 1 min' });
    expect(presenceView(away, NOW)).toMatchObject({ state: 'away', since: 'for 40 s', reason: expect.any(String) });
    const plain = { ...away, currentLink: { kind: 'split', resumable: false } } as const;
    expect(presenceView(plain, NOW).reason).toContain('may be lost');
    expect(presenceView(old, NOW)).toMatchObject({ state: 'offline', since: 'seen 1 d ago' });
  });

  it('nobody is away for less than nothing, where two machines differ about the time', () => {
    expect(presenceView(away, NOW - 60_000)).toMatchObject({ since: 'for 0 s' });
  });
});
