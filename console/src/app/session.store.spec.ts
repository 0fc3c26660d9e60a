import { describe, expect, it } from 'vitest';
import { RelayUnreachableError, type SessionInfo, TokenRefusedError } from 'twinlane/client';
import { SessionStore } from './session.store.js';

const INFO: SessionInfo = {
  tokenId: 'tok-1',
  tokenName: 'ada',
  organizationId: 'default',
  role: 'client',
  environments: null,
  maySteer: true,
  mayApprove: false,
  mayAdminister: false,
  mayOperate: false,
  expiresAt: null,
};

/** @param fails what every question ends with */
function bench({ kept = false, of = 'tok-1', fails }: { kept?: boolean; of?: string; fails?: Error } = {}) {
  const items = new Map<string, string>(kept ? [['session', of]] : []);
  const begun: string[] = [];
  const asked: string[] = [];
  const answer = async (question: string): Promise<SessionInfo> => {
    asked.push(question);
    if (fails) throw fails;
    return INFO;
  };
  const client = {
    session: () => answer('session'),
    signIn: (token: string) => answer(`sign in with ${token}`),
    signOut: async () => void (await answer('sign out')),
  };
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  const parts = { key: 'session', startOver: () => void begun.push('again') };
  return { store: new SessionStore(client, storage, parts), asked, items, begun };
}

describe('who uses the page', () => {
  it('a browser without a session is not asked about', async () => {
    const { store, asked } = bench();
    await store.begin(undefined);
    expect([store.state.value, asked]).toEqual([{ phase: 'signed-out' }, []]);
  });

  it('a session goes on', async () => {
    const { store } = bench({ kept: true });
    await store.begin(undefined);
    expect(store.info).toEqual(INFO);
  });

  it('the token of a link goes before a session, and is kept nowhere', async () => {
    const { store, asked, items } = bench({ kept: true });
    await store.begin('secret');
    expect([store.info, asked]).toEqual([INFO, ['sign in with secret']]);
    expect(JSON.stringify([...items])).not.toContain('secret');
  });

  it.each([
    ['a session that ended', undefined],
    ['a token that is none', 'secret'],
  ])('%s is told why', async (_name, token) => {
    const { store } = bench({ kept: true, fails: new TokenRefusedError('This token was revoked.') });
    await store.begin(token);
    expect(store.state.value).toEqual({ phase: 'signed-out', reason: 'This token was revoked.' });
  });

  it('a relay that does not answer ends no session', async () => {
    const { store, items } = bench({ kept: true, fails: new RelayUnreachableError('http://relay', 'away') });
    await store.begin(undefined);
    expect(store.state.value).toMatchObject({ phase: 'unknown' });
    expect(items.size).toBe(1);
  });

  it('whatever is refused for its token ends it; nothing else does', async () => {
    const { store } = bench({ kept: true });
    await store.begin(undefined);
    expect(store.noticed(new Error('no'))).toBe(false);
    expect(store.info).toEqual(INFO);
    expect(store.noticed(new TokenRefusedError('Expired.'))).toBe(true);
    expect(store.state.value).toEqual({ phase: 'signed-out', reason: 'Expired.' });
  });

  it('who signs out while the relay is away is still signed in', async () => {
    const { store } = bench({ kept: true });
    await store.begin(undefined);
    await store.signOut();
    expect(store.state.value).toEqual({ phase: 'signed-out' });
    const away = bench({ kept: true, fails: new RelayUnreachableError('http://relay', 'away') });
    await expect(away.store.signOut()).rejects.toThrow('away');
    expect(away.items.size).toBe(1);
  });

  it('a cookie that somebody else has set is nobody’s session', async () => {
    const { store, items } = bench({ kept: true, of: 'tok-2' });
    await store.begin(undefined);
    expect(store.state.value).toEqual({ phase: 'signed-out', reason: expect.stringContaining('not yours') });
    expect(items.size).toBe(0);
  });

  it('what the page knows of one person is nothing for the next', async () => {
    const same = bench({ kept: true });
    await same.store.begin(undefined);
    await same.store.signOut();
    await same.store.signIn('secret');
    expect([same.store.info, same.begun]).toEqual([INFO, []]);
    const next = bench({ kept: true, of: 'tok-2' });
    await next.store.begin('secret');
    expect([next.store.info, next.begun, next.items.get('session')]).toEqual([undefined, ['again'], 'tok-1']);
  });
});
