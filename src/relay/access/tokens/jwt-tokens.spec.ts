import { SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUDIENCE, IdentityProvider, ISSUER } from '../../../../test/kit/identity-provider.js';
import { CONFIGURED, JwtBench } from '../../../../test/kit/jwt-bench.js';
import { validateOptions } from '../../../config/index.js';
import { SYSTEM_CLOCK } from '../../../protocol/index.js';
import { RelayOptions } from '../../relay.options.js';
import { TokenAccessService } from '../token-access.service.js';

let bench: JwtBench;

beforeEach(async () => {
  bench = await JwtBench.start();
});
afterEach(() => bench.close());

const refusal = (code: string) => expect.objectContaining({ name: 'RelayError', code });

describe('a JWT of the identity provider', () => {
  it('is let in with everything that its claims say, under a name that stays over renewals', async () => {
    await bench.store.addOrganization({ id: 'acme', name: 'Acme', createdAt: 0 });
    const exp = Math.floor(Date.now() / 1_000) + 60;
    const claims = {
      twinlane_organization: 'acme',
      twinlane_environments: ['ci-*'],
      twinlane_access: 'watch',
      twinlane_approve: true,
    };
    const first = await bench
      .access({ clockToleranceMs: 2_000 })
      .identify(await bench.provider.sign({ ...claims, exp }));
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
    const next = await bench.access().identify(await bench.provider.sign({ ...claims, exp: exp + 600 }));
    expect(next.tokenId).toBe(first.tokenId);
    for (const other of [{ sub: 'bob' }, { twinlane_role: 'device' }, { twinlane_organization: 'default' }])
      expect((await bench.access().identify(await bench.provider.sign({ ...claims, ...other }))).tokenId).not.toBe(
        first.tokenId,
      );
  });

  it('has the scopes of a token that leaves them out, and never more than its role', async () => {
    expect(await bench.access().identify(await bench.provider.sign())).toMatchObject({
      organizationId: 'default',
      environments: ['*'],
      access: 'steer',
      mayApprove: false,
    });
  });

  it('reads claims by the names that are set, lists of roles, and one organisation for all', async () => {
    const claims = { role: 'roles', environments: 'https://acme.example/hosts' };
    const token = await bench.provider.sign({
      roles: ['offline_access', 'device'],
      'https://acme.example/hosts': 'build-*',
      twinlane_organization: undefined,
      twinlane_role: undefined,
    });
    expect(await bench.access({ claims, organization: 'default' }).identify(token)).toMatchObject({
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
    expect((await bench.access().identify(await bench.provider.sign(claims))).name).toBe(name);
  });

  it('is named by the claims that are set', async () => {
    const token = await bench.provider.sign({ name: 'Ada', 'https://acme.example/nick': 'al' });
    const named = async (names: string[]) => (await bench.access({ claims: { names } }).identify(token)).name;
    expect(await named(['https://acme.example/nick', 'sub'])).toBe('al');
    expect(await named(['nothing'])).toBeUndefined();
    expect(await named([])).toBeUndefined();
  });

  it('leaves the other tokens as they are', async () => {
    expect(await bench.access().identify(CONFIGURED)).toMatchObject({ role: 'operator' });
    await expect(bench.access().identify('not.a.token')).rejects.toEqual(refusal('TOKEN_REFUSED'));
    await expect(bench.access().identify(undefined)).rejects.toEqual(refusal('TOKEN_REFUSED'));
    expect(bench.provider.asked).toBe(0);
  });

  it('is nothing where no identity provider is set', async () => {
    const options = validateOptions(RelayOptions, { tokens: [CONFIGURED] });
    const without = new TokenAccessService(options, bench.store, SYSTEM_CLOCK, fetch);
    await expect(without.identify(await bench.provider.sign())).rejects.toEqual(refusal('TOKEN_REFUSED'));
  });
});

const hour = 3_600;
const seconds = (): number => Math.floor(Date.now() / 1_000);

/** Each is refused with the same words; the log says why. */
const WRONG: Readonly<Record<string, readonly [() => Promise<string>, code: string, logged: string]>> = {
  expired: [() => bench.provider.sign({ exp: seconds() - hour }), 'TOKEN_EXPIRED', '"exp"'],
  'not valid yet': [() => bench.provider.sign({ nbf: seconds() + hour }), 'TOKEN_REFUSED', '"nbf"'],
  'without an end': [() => bench.provider.sign({ exp: undefined }), 'TOKEN_REFUSED', '"exp"'],
  'without a subject': [() => bench.provider.sign({ sub: undefined }), 'TOKEN_REFUSED', '"sub"'],
  'of another issuer': [() => bench.provider.sign({ iss: 'https://evil.example' }), 'TOKEN_REFUSED', '"iss"'],
  'for another audience': [() => bench.provider.sign({ aud: ['another'] }), 'TOKEN_REFUSED', '"aud"'],
  'for nobody': [() => bench.provider.sign({ aud: undefined }), 'TOKEN_REFUSED', '"aud"'],
  'signed by nobody (alg none)': [async () => unsecured(), 'TOKEN_REFUSED', 'ERR_J'],
  'signed with the public key as a secret (HS256)': [() => confused(), 'TOKEN_REFUSED', 'ERR_JOSE_ALG_NOT_ALLOWED'],
  'signed with a key of another': [() => foreign(), 'TOKEN_REFUSED', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  'signed with a key nobody knows': [
    () => bench.provider.sign({}, { kid: 'x' }),
    'TOKEN_REFUSED',
    'ERR_JWKS_NO_MATCHING_KEY',
  ],
  'tampered with': [() => tampered(), 'TOKEN_REFUSED', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
  'of an organisation that there is not': [
    () => bench.provider.sign({ twinlane_organization: 'nowhere' }),
    'TOKEN_REFUSED',
    'twinlane_organization',
  ],
  'of no organisation': [
    () => bench.provider.sign({ twinlane_organization: undefined }),
    'TOKEN_REFUSED',
    'twinlane_organization',
  ],
  'without a role': [() => bench.provider.sign({ twinlane_role: undefined }), 'TOKEN_REFUSED', 'twinlane_role'],
  'of a role that no token has': [
    () => bench.provider.sign({ twinlane_role: 'operator' }),
    'TOKEN_REFUSED',
    'twinlane_role',
  ],
  'of two roles': [() => bench.provider.sign({ twinlane_role: ['client', 'admin'] }), 'TOKEN_REFUSED', 'twinlane_role'],
  'with an access that is none': [
    () => bench.provider.sign({ twinlane_access: 'all' }),
    'TOKEN_REFUSED',
    'twinlane_access',
  ],
  'with patterns that are none': [
    () => bench.provider.sign({ twinlane_environments: [1] }),
    'TOKEN_REFUSED',
    'twinlane_environments',
  ],
  'with a permission that is none': [
    () => bench.provider.sign({ twinlane_approve: 'yes' }),
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
  const secret = new TextEncoder().encode(await bench.provider.publicKeyText());
  const token = new SignJWT({ ...CLAIMS, exp: seconds() + hour });
  return token.setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(secret);
}

async function foreign(): Promise<string> {
  const other = await IdentityProvider.start();
  await other.close();
  return other.sign();
}

async function tampered(): Promise<string> {
  const [header = '', , signature = ''] = (await bench.provider.sign()).split('.');
  const payload = Buffer.from(JSON.stringify({ ...CLAIMS, exp: seconds() + hour })).toString('base64url');
  return [header, payload, signature].join('.');
}

describe('a JWT that is', () => {
  it.each(Object.keys(WRONG))('%s is refused, and only the log says why', async (name) => {
    const [make, code, reason] = WRONG[name] ?? [async () => '', '', ''];
    const token = await make();
    const error: unknown = await bench
      .access()
      .identify(token)
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'RelayError', code, status: 401 });
    expect((error as Error).message).toMatch(/^(The token is missing or not known here|This token has expired)/);
    expect(bench.logged.join('\n')).toContain(reason);
    for (const part of token.split('.').filter(({ length }) => length > 8))
      expect(bench.logged.join('\n')).not.toContain(part);
  });

  it('refused again and again for one reason is logged once a minute', async () => {
    const service = bench.access();
    for (let times = 0; times < 5; times++)
      await expect(service.identify(await bench.provider.sign({ iss: 'other' }))).rejects.toEqual(
        refusal('TOKEN_REFUSED'),
      );
    expect(bench.logged).toHaveLength(1);
  });

  it('expired by the clock of the relay, beyond the tolerance', async () => {
    const token = await bench.provider.sign({ exp: seconds() + 60 });
    const service = bench.access({ clockToleranceMs: 30_000 });
    bench.later = 75_000;
    expect(await service.identify(token)).toMatchObject({ role: 'client' });
    bench.later = 95_000;
    await expect(service.identify(token)).rejects.toEqual(refusal('TOKEN_EXPIRED'));
  });
});
