import { Logger } from '@nestjs/common';
import { SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AUDIENCE, IdentityProvider, ISSUER } from '../../../../test/kit/identity-provider.js';
import { OptionsError, validateOptions } from '../../../config/index.js';
import { SYSTEM_CLOCK } from '../../../protocol/index.js';
import { RelayOptions, type RelayModuleOptions } from '../../relay.options.js';
import { TokenAccessService } from '../token-access.service.js';
import { MemoryTokenStore } from './memory-token.store.js';

const CONFIGURED = 'a-configured-token';

let provider: IdentityProvider;
let store: MemoryTokenStore;
let later: number;
const logged: string[] = [];

beforeEach(async () => {
  provider = await IdentityProvider.start();
  store = new MemoryTokenStore();
  later = 0;
  logged.length = 0;
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void logged.push(String(text)));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await provider.close();
});

function access(jwt: Partial<NonNullable<RelayModuleOptions['jwt']>> = {}, fetched = fetch): TokenAccessService {
  const options = { tokens: [CONFIGURED], jwt: { ...provider.options, keysCooldownMs: 0, ...jwt } };
  const clock = { ...SYSTEM_CLOCK, now: () => Date.now() + later };
  return new TokenAccessService(validateOptions(RelayOptions, options), store, clock, fetched);
}

const refusal = (code: string) => expect.objectContaining({ name: 'RelayError', code });

describe('a JWT of the identity provider', () => {
  it('is let in with everything that its claims say, under a name that stays over renewals', async () => {
    await store.addOrganization({ id: 'acme', name: 'Acme', createdAt: 0 });
    const exp = Math.floor(Date.now() / 1_000) + 60;
    const claims = {
      twinlane_organization: 'acme',
      twinlane_environments: ['ci-*'],
      twinlane_access: 'watch',
      twinlane_approve: true,
    };
    const first = await access({ clockToleranceMs: 2_000 }).identify(await provider.sign({ ...claims, exp }));
    expect(first).toEqual({
      tokenId: expect.stringMatching(/^jwt-[0-9a-f]{32}$/),
      organizationId: 'acme',
      name: 'ada',
      role: 'client',
      environments: ['ci-*'],
      access: 'watch',
      mayApprove: true,
      expiresAt: exp * 1_000 + 2_000,
    });
    const next = await access().identify(await provider.sign({ ...claims, exp: exp + 600 }));
    expect(next.tokenId).toBe(first.tokenId);
    for (const other of [{ sub: 'bob' }, { twinlane_role: 'device' }, { twinlane_organization: 'default' }])
      expect((await access().identify(await provider.sign({ ...claims, ...other }))).tokenId).not.toBe(first.tokenId);
  });

  it('has the scopes of a token that leaves them out, and never more than its role', async () => {
    expect(await access().identify(await provider.sign())).toMatchObject({
      organizationId: 'default',
      environments: ['*'],
      access: 'steer',
      mayApprove: false,
    });
  });

  it('reads claims by the names that are set, lists of roles, and one organisation for all', async () => {
    const claims = { role: 'roles', environments: 'https://acme.example/hosts' };
    const token = await provider.sign({
      roles: ['offline_access', 'device'],
      'https://acme.example/hosts': 'build-*',
      twinlane_organization: undefined,
      twinlane_role: undefined,
    });
    expect(await access({ claims, organization: 'default' }).identify(token)).toMatchObject({
      organizationId: 'default',
      role: 'device',
      environments: ['build-*'],
    });
  });

  const NAMES: Readonly<Record<string, readonly [Readonly<Record<string, unknown>>, string | undefined]>> = {
    'its name, first of all': [{ name: 'Ada L.', preferred_username: 'al', email: 'a@x.example' }, 'Ada L.'],
    'what the holder signs in with': [{ preferred_username: 'al', email: 'a@x.example' }, 'al'],
    'an address': [{ email: 'a@x.example' }, 'a@x.example'],
    'its subject, where nothing else is there': [{}, 'ada'],
    'its subject, where the rest is no text': [{ name: 7, preferred_username: ['x'], email: {} }, 'ada'],
    'its subject, where the rest shows nothing': [{ name: ' \n\u0000\u202e', email: '\u200b' }, 'ada'],
    'a name without what could forge a line': [
      { name: 'Ada\r\n2026 INFO \u001b[2J\u202eBob\u2028' },
      'Ada2026 INFO [2JBob',
    ],
    'the beginning of a long name': [{ name: 'x'.repeat(5_000) }, 'x'.repeat(100)],
    'the beginning of a long one, in whole characters': [
      { name: `x${'\u{1f600}'.repeat(500)}` },
      `x${'\u{1f600}'.repeat(49)}`,
    ],
    'a name without half a character': [{ name: '\ud83d alone' }, 'alone'],
    'nothing, where even the subject shows nothing': [{ sub: '\u0007' }, undefined],
  };
  it.each(Object.keys(NAMES))('people call its holder by %s', async (what) => {
    const [claims, name] = NAMES[what] ?? [{}, undefined];
    expect((await access().identify(await provider.sign(claims))).name).toBe(name);
  });

  it('is named by the claims that are set', async () => {
    const token = await provider.sign({ name: 'Ada', 'https://acme.example/nick': 'al' });
    const named = async (names: string[]) => (await access({ claims: { names } }).identify(token)).name;
    expect(await named(['https://acme.example/nick', 'sub'])).toBe('al');
    expect(await named(['nothing'])).toBeUndefined();
    expect(await named([])).toBeUndefined();
  });

  it('leaves the other tokens as they are', async () => {
    expect(await access().identify(CONFIGURED)).toMatchObject({ role: 'operator' });
    await expect(access().identify('not.a.token')).rejects.toEqual(refusal('TOKEN_REFUSED'));
    await expect(access().identify(undefined)).rejects.toEqual(refusal('TOKEN_REFUSED'));
    expect(provider.asked).toBe(0);
  });

  it('is nothing where no identity provider is set', async () => {
    const options = validateOptions(RelayOptions, { tokens: [CONFIGURED] });
    const without = new TokenAccessService(options, store, SYSTEM_CLOCK, fetch);
    await expect(without.identify(await provider.sign())).rejects.toEqual(refusal('TOKEN_REFUSED'));
  });
});

const hour = 3_600;
const seconds = (): number => Math.floor(Date.now() / 1_000);

/** Each is refused with the same words; the log says why. */
const WRONG: Readonly<Record<string, readonly [() => Promise<string>, code: string, logged: string]>> = {
  expired: [() => provider.sign({ exp: seconds() - hour }), 'TOKEN_EXPIRED', '"exp"'],
  'not valid yet': [() => provider.sign({ nbf: seconds() + hour }), 'TOKEN_REFUSED', '"nbf"'],
  'without an end': [() => provider.sign({ exp: undefined }), 'TOKEN_REFUSED', '"exp"'],
  'without a subject': [() => provider.sign({ sub: undefined }), 'TOKEN_REFUSED', '"sub"'],
  'of another issuer': [() => provider.sign({ iss: 'https://evil.example' }), 'TOKEN_REFUSED', '"iss"'],
  'for another audience': [() => provider.sign({ aud: ['another'] }), 'TOKEN_REFUSED', '"aud"'],
  'for nobody': [() => provider.sign({ aud: undefined }), 'TOKEN_REFUSED', '"aud"'],
  'signed by nobody (alg none)': [async () => unsecured(), 'TOKEN_REFUSED', 'ERR_J'],
  'signed with the public key as a secret (HS256)': [() => confused(), 'TOKEN_REFUSED', 'ERR_JOSE_ALG_NOT_ALLOWED'],
  'signed with a key of another': [() => foreign(), 'TOKEN_REFUSED', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  'signed with a key nobody knows': [
    () => provider.sign({}, { kid: 'x' }),
    'TOKEN_REFUSED',
    'ERR_JWKS_NO_MATCHING_KEY',
  ],
  'tampered with': [() => tampered(), 'TOKEN_REFUSED', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  'of an organisation that there is not': [
    () => provider.sign({ twinlane_organization: 'nowhere' }),
    'TOKEN_REFUSED',
    'twinlane_organization',
  ],
  'of no organisation': [
    () => provider.sign({ twinlane_organization: undefined }),
    'TOKEN_REFUSED',
    'twinlane_organization',
  ],
  'without a role': [() => provider.sign({ twinlane_role: undefined }), 'TOKEN_REFUSED', 'twinlane_role'],
  'of a role that no token has': [() => provider.sign({ twinlane_role: 'operator' }), 'TOKEN_REFUSED', 'twinlane_role'],
  'of two roles': [() => provider.sign({ twinlane_role: ['client', 'admin'] }), 'TOKEN_REFUSED', 'twinlane_role'],
  'with an access that is none': [() => provider.sign({ twinlane_access: 'all' }), 'TOKEN_REFUSED', 'twinlane_access'],
  'with patterns that are none': [
    () => provider.sign({ twinlane_environments: [1] }),
    'TOKEN_REFUSED',
    'twinlane_environments',
  ],
  'with a permission that is none': [
    () => provider.sign({ twinlane_approve: 'yes' }),
    'TOKEN_REFUSED',
    'twinlane_approve',
  ],
};

const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', twinlane_organization: 'default', twinlane_role: 'admin' };

function unsecured(): string {
  const token = new UnsecuredJWT({ ...CLAIMS, exp: seconds() + hour }).encode();
  // With something in the third part, or it is no JWT at all.
  return `${token}AAAA`;
}

async function confused(): Promise<string> {
  const secret = new TextEncoder().encode(await provider.publicKeyText());
  const token = new SignJWT({ ...CLAIMS, exp: seconds() + hour });
  return token.setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(secret);
}

async function foreign(): Promise<string> {
  const other = await IdentityProvider.start();
  await other.close();
  return other.sign();
}

async function tampered(): Promise<string> {
  const [header = '', , signature = ''] = (await provider.sign()).split('.');
  const payload = Buffer.from(JSON.stringify({ ...CLAIMS, exp: seconds() + hour })).toString('base64url');
  return [header, payload, signature].join('.');
}

describe('a JWT that is', () => {
  it.each(Object.keys(WRONG))('%s is refused, and only the log says why', async (name) => {
    const [make, code, reason] = WRONG[name] ?? [async () => '', '', ''];
    const token = await make();
    const error: unknown = await access()
      .identify(token)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'RelayError', code, status: 401 });
    expect((error as Error).message).toMatch(/^(The token is missing or not known here|This token has expired)/);
    expect(logged.join('\n')).toContain(reason);
    for (const part of token.split('.').filter(({ length }) => length > 8))
      expect(logged.join('\n')).not.toContain(part);
  });

  it('refused again and again for one reason is logged once a minute', async () => {
    const service = access();
    for (let times = 0; times < 5; times++)
      await expect(service.identify(await provider.sign({ iss: 'other' }))).rejects.toEqual(refusal('TOKEN_REFUSED'));
    expect(logged).toHaveLength(1);
  });

  it('expired by the clock of the relay, beyond the tolerance', async () => {
    const token = await provider.sign({ exp: seconds() + 60 });
    const service = access({ clockToleranceMs: 30_000 });
    later = 75_000;
    expect(await service.identify(token)).toMatchObject({ role: 'client' });
    later = 95_000;
    await expect(service.identify(token)).rejects.toEqual(refusal('TOKEN_EXPIRED'));
  });
});

describe('the keys', () => {
  it('are got once, and again for a key that was rotated in', async () => {
    const service = access();
    await service.identify(await provider.sign());
    await service.identify(await provider.sign());
    expect(provider.asked).toBe(1);
    const old = await provider.sign();
    await provider.rotate('second', 'RS256');
    expect(await service.identify(await provider.sign())).toMatchObject({ role: 'client' });
    expect(await service.identify(old)).toMatchObject({ role: 'client' });
    expect(provider.asked).toBe(2);
  });

  it('are not got for each key that is made up', async () => {
    const service = access({ keysCooldownMs: 3_600_000 });
    await service.identify(await provider.sign());
    for (const kid of ['a', 'b', 'c'])
      await expect(service.identify(await provider.sign({}, { kid }))).rejects.toEqual(refusal('TOKEN_REFUSED'));
    expect(provider.asked).toBe(1);
  });

  it.each([
    ['a failure', { status: 500 }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/keys' } }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['no keys', { status: 200, body: '{}' }],
    ['more than is read', { status: 200, body: `{"keys":[],"x":"${'x'.repeat(1_100_000)}"}` }],
  ])('are not there where the provider answers with %s: nobody is let in, and told to come back', async (_, fault) => {
    const urls: string[] = [];
    const service = access(
      {},
      (url, init) => (urls.push(url instanceof Request ? url.url : url.toString()), fetch(url, init)),
    );
    provider.fault = fault;
    const error: unknown = await service.identify(await provider.sign()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'IDENTITY_PROVIDER_UNREACHABLE', status: 503 });
    expect(error).toMatchObject({ headers: { 'Retry-After': expect.stringMatching(/^[1-9]/) } });
    expect(new Set(urls)).toEqual(new Set([provider.jwksUrl]));
    provider.fault = undefined;
    expect(await service.identify(await provider.sign())).toMatchObject({ role: 'client' });
  });

  it('go on to count while the provider is down; after a failure it is left alone for a while', async () => {
    const service = access({ keysCooldownMs: 60_000 });
    const known = access({ keysCooldownMs: 60_000 });
    await known.identify(await provider.sign());
    const { asked } = provider;
    provider.fault = { status: 503 };
    expect(await known.identify(await provider.sign())).toMatchObject({ role: 'client' });
    for (let times = 0; times < 5; times++)
      await expect(service.identify(await provider.sign())).rejects.toEqual(refusal('IDENTITY_PROVIDER_UNREACHABLE'));
    expect(provider.asked).toBe(asked + 1);
    expect(logged).toHaveLength(1);
  });

  it('are asked for once while the provider is down, also for keys that are made up where the known ones still count', async () => {
    const options = { tokens: [CONFIGURED], jwt: { ...provider.options } };
    const clock = { ...SYSTEM_CLOCK, elapsed: () => 0 };
    const service = new TokenAccessService(validateOptions(RelayOptions, options), store, clock, fetch);
    await service.identify(await provider.sign());
    const minuteLater = Date.now() + 60_000;
    vi.spyOn(Date, 'now').mockImplementation(() => minuteLater);
    provider.fault = { status: 503 };
    for (const kid of ['a', 'b', 'c']) {
      const madeUp = await provider.sign({}, { kid });
      await expect(service.identify(madeUp)).rejects.toEqual(refusal('IDENTITY_PROVIDER_UNREACHABLE'));
      expect(await service.identify(await provider.sign())).toMatchObject({ role: 'client' });
    }
    expect(provider.asked).toBe(2);
  });

  /** What is wrong with a key, and the provider that shows it. */
  const UNUSABLE: Readonly<Record<string, (shown: JWK) => JWK>> = {
    'a point that is not on its curve': (shown) => ({ ...shown, y: shown.x ?? '' }),
    'half of it missing': ({ y: _missing, ...shown }) => shown,
    'no base64url in it': (shown) => ({ ...shown, x: '***' }),
    'its private part': (shown) => ({ ...shown, d: shown.x ?? '' }),
  };
  it.each(Object.keys(UNUSABLE))(
    'that cannot be used (%s) lets nobody in, says so, and does not touch the others',
    async (name) => {
      const service = access();
      const good = await provider.sign();
      await provider.rotate('broken');
      provider.change('broken', UNUSABLE[name] ?? ((shown) => shown));
      const bad = await provider.sign();
      for (let times = 0; times < 2; times++) {
        const error: unknown = await service.identify(bad).catch((caught: unknown) => caught);
        expect(error).toMatchObject({ code: 'IDENTITY_PROVIDER_KEY_UNUSABLE', status: 503 });
        expect(error).toMatchObject({ headers: { 'Retry-After': '60' } });
        expect(await service.identify(good)).toMatchObject({ role: 'client' });
      }
      expect(logged.join('\n')).toContain('cannot be used');
      expect(logged.join('\n')).not.toContain(bad);
      // Known ones go on to count while the provider is down, and the broken one stays what it is.
      provider.fault = { status: 500 };
      await expect(service.identify(await provider.sign({}, { kid: 'made-up' }))).rejects.toEqual(
        refusal('IDENTITY_PROVIDER_UNREACHABLE'),
      );
      await expect(service.identify(bad)).rejects.toEqual(refusal('IDENTITY_PROVIDER_KEY_UNUSABLE'));
      expect(await service.identify(good)).toMatchObject({ role: 'client' });
    },
  );

  it('that is too short to be safe cannot be used either', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    await provider.rotate('short', 'RS256');
    provider.change('short', (shown) => ({ ...shown, ...(publicKey.export({ format: 'jwk' }) as JWK) }));
    // By hand: `jose` does not sign with it.
    const [header, payload] = (await provider.sign()).split('.');
    const text = `${header}.${payload}`;
    const token = `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
    await expect(access().identify(token)).rejects.toEqual(refusal('IDENTITY_PROVIDER_KEY_UNUSABLE'));
    expect(logged.join('\n')).toContain('2048 bits');
  });

  it('come within their time, or not at all', async () => {
    const never: typeof fetch = (_url, init) =>
      new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)));
    const service = access({ keysTimeoutMs: 1 }, never);
    await expect(service.identify(await provider.sign())).rejects.toEqual(refusal('IDENTITY_PROVIDER_UNREACHABLE'));
  });
});

describe('options', () => {
  it.each([
    [{ issuer: '' }, 'issuer'],
    [{ audience: undefined }, 'audience'],
    [{ jwksUrl: 'http://id.example/keys' }, 'https URL'],
    [{ jwksUrl: 'https://user:secret@id.example/keys' }, 'https URL'],
    [{ jwksUrl: 'file:///keys' }, 'https URL'],
    [{ algorithms: ['HS256'] }, 'algorithms'],
    [{ algorithms: ['none'] }, 'algorithms'],
    [{ algorithms: [] }, 'algorithms'],
    [{ clockToleranceMs: 3_600_000 }, 'clockToleranceMs'],
    [{ claims: { role: '' } }, 'role'],
  ])('%j are refused at start', (wrong, text) => {
    const jwt = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: 'https://id.example/keys', ...wrong };
    expect(() => validateOptions(RelayOptions, { jwt })).toThrow(OptionsError);
    expect(() => validateOptions(RelayOptions, { jwt })).toThrow(text);
  });

  it.each(['https://id.example/keys', 'http://127.0.0.1:8080/keys', 'http://localhost/keys', 'http://[::1]/keys'])(
    'keys may come from %s',
    (jwksUrl) => {
      const jwt = { issuer: ISSUER, audience: AUDIENCE, jwksUrl };
      expect(validateOptions(RelayOptions, { jwt }).jwt).toMatchObject({ jwksUrl, clockToleranceMs: 5_000 });
    },
  );
});
