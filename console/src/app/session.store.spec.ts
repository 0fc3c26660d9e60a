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

const OTHER: SessionInfo = { ...INFO, tokenId: 'tok-2', tokenName: 'mallory', organizationId: 'acme' };

/** @param of whose session the browser has @param cookie whose the relay says it is @param fails what every question ends with */
function bench({
  kept = false,
  of = 'tok-1',
  cookie = INFO,
  fails,
}: { kept?: boolean; of?: string; cookie?: SessionInfo; fails?: Error } = {}) {
  const items = new Map<string, string>(kept ? [['session', of]] : []);
  const begun: string[] = [];
  const asked: string[] = [];
  const told: string[] = [];
  const relay = { cookie, fails };
  const answer = async (question: string, info: SessionInfo): Promise<SessionInfo> => {
    asked.push(question);
    if (relay.fails) throw relay.fails;
    return info;
  };
  const ofToken = (token: string): SessionInfo => (token === 'secret of mallory' ? OTHER : INFO);
  const client = {
    session: () => answer('session', relay.cookie),
    signIn: async (token: string) => {
      const info = await answer(`sign in with ${token}`, ofToken(token));
      relay.cookie = info;
      return info;
    },
    signOut: async () => void (await answer('sign out', INFO)),
  };
  const storage = {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
  const store = new SessionStore({
    client,
    whoIs: (token) => answer(`who is ${token}`, ofToken(token)),
    storage,
    key: 'session',
    startOver: () => void begun.push('again'),
    tell: (text) => void told.push(text),
  });
  return { store, asked, items, begun, told, relay };
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

  it('the token of a link signs in, and is kept nowhere', async () => {
    const { store, asked, items } = bench();
    await store.begin('secret');
    expect([store.info, asked]).toEqual([INFO, ['sign in with secret']]);
    expect(JSON.stringify([...items])).not.toContain('secret');
  });

  it.each([
    ['a session that ended', true, undefined],
    ['a token that is none', false, 'secret'],
  ])('%s is told why', async (_name, kept, token) => {
    const { store } = bench({ kept, fails: new TokenRefusedError('This token was revoked.') });
    await store.begin(token);
    expect(store.state.value).toEqual({ phase: 'signed-out', reason: 'This token was revoked.' });
  });

  it('a link of the same token renews the session, without a question', async () => {
    const { store, asked, begun } = bench({ kept: true });
    await store.begin('secret');
    expect(asked).toEqual(['session', 'who is secret', 'sign in with secret']);
    expect([store.info, store.asked.value, begun]).toEqual([INFO, undefined, []]);
  });

  it('a link of somebody else takes no session away without a question', async () => {
    const { store, asked, items, begun } = bench({ kept: true });
    await store.begin('secret of mallory');
    expect([store.info, store.asked.value]).toMatchObject([INFO, { mine: INFO, other: OTHER }]);
    store.decline();
    await store.accept();
    expect([store.info, store.asked.value, items.get('session'), begun]).toEqual([INFO, undefined, 'tok-1', []]);
    expect(asked).not.toContain('sign in with secret of mallory');
    await store.begin('secret of mallory');
    await store.accept();
    expect([items.get('session'), begun]).toEqual(['tok-2', ['again']]);
  });

  it('a link that does not sign in leaves the session as it is, and says why', async () => {
    const { store, told, relay } = bench({ kept: true });
    await store.begin(undefined);
    relay.fails = new TokenRefusedError('This token was revoked.');
    await store.begin('secret of mallory');
    expect([store.info, told]).toEqual([INFO, [expect.stringContaining('revoked')]]);
  });

  it('a link signs nobody in while nobody knows whose session there is', async () => {
    const { store, relay, asked } = bench({ kept: true, fails: new RelayUnreachableError('http://relay', 'away') });
    await store.begin('secret of mallory');
    relay.fails = undefined;
    await store.begin(undefined);
    expect([store.info, asked]).toEqual([INFO, ['session', 'session', 'who is secret of mallory']]);
    expect(store.asked.value).toMatchObject({ mine: INFO, other: OTHER });
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

  it('another tab that signs in as somebody else stops this page, and loses nothing by it', async () => {
    const { store, items, begun } = bench({ kept: true });
    await store.begin(undefined);
    store.changedElsewhere();
    expect(store.info).toEqual(INFO);
    items.set('session', 'tok-2');
    store.changedElsewhere();
    expect([store.state.value, items.get('session')]).toEqual([{ phase: 'replaced' }, 'tok-2']);
    store.goOn();
    expect(begun).toEqual(['again']);
  });

  it('another tab that signs out takes along what this page knows', async () => {
    const { store, items, begun } = bench({ kept: true });
    await store.begin(undefined);
    items.delete('session');
    store.changedElsewhere();
    expect([store.state.value, begun]).toEqual([{ phase: 'signed-out' }, ['again']]);
  });

  it('who comes back to the page is told when the session is of somebody else', async () => {
    const { store, relay, items } = bench({ kept: true });
    await store.begin(undefined);
    await store.verify();
    expect(store.info).toEqual(INFO);
    relay.cookie = OTHER;
    await store.verify();
    expect(store.state.value).toEqual({ phase: 'signed-out', reason: expect.stringContaining('not yours') });
    expect(items.size).toBe(0);
  });

  it('who comes back while the answer for their last return is on its way is told all the same', async () => {
    const { store, relay } = bench({ kept: true });
    await store.begin(undefined);
    const first = store.verify();
    relay.cookie = OTHER;
    await Promise.all([first, store.verify()]);
    expect(store.state.value).toEqual({ phase: 'signed-out', reason: expect.stringContaining('not yours') });
  });

  it('a refusal that comes after another tab has signed in takes nothing from that', async () => {
    const { store, items } = bench({ kept: true });
    await store.begin(undefined);
    items.set('session', 'tok-2');
    store.noticed(new TokenRefusedError('Revoked.'));
    expect([store.state.value, items.get('session')]).toEqual([{ phase: 'replaced' }, 'tok-2']);
  });

  it('who signs out leaves nothing; while the relay is away they are still signed in', async () => {
    const { store, begun, items } = bench({ kept: true });
    await store.begin(undefined);
    await store.signOut();
    expect([store.state.value, begun, items.size]).toEqual([{ phase: 'signed-out' }, ['again'], 0]);
    const away = bench({ kept: true });
    await away.store.begin(undefined);
    away.relay.fails = new RelayUnreachableError('http://relay', 'away');
    await expect(away.store.signOut()).rejects.toThrow('away');
    expect([away.store.info, away.items.size]).toEqual([INFO, 1]);
  });

  it('a cookie that somebody else has set is nobody’s session', async () => {
    const { store, items } = bench({ kept: true, of: 'tok-2' });
    await store.begin(undefined);
    expect(store.state.value).toEqual({ phase: 'signed-out', reason: expect.stringContaining('not yours') });
    expect(items.size).toBe(0);
  });

  it('what the page knows of one person is nothing for the next', async () => {
    const { store, begun, items } = bench({ kept: true });
    await store.begin(undefined);
    store.noticed(new TokenRefusedError('Expired.'));
    await store.signIn('secret');
    expect([store.info, begun]).toEqual([INFO, []]);
    store.noticed(new TokenRefusedError('Expired.'));
    await store.signIn('secret of mallory');
    expect([store.info, begun, items.get('session')]).toEqual([undefined, ['again'], 'tok-2']);
  });
});
