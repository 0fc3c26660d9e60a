import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { OptionsError, validateOptions } from '../../config/index.js';
import { RelayOptions } from '../relay.options.js';
import { bearerOf } from './bearer.js';
import { assertAllowedOrigin } from './origin.js';
import { assertSafeToListen } from './safe-to-listen.js';
import { MemoryTokenStore } from './tokens/memory-token.store.js';
import { TokenAccessService } from './token-access.service.js';
import { parseTokensFile, TokensFileError } from './tokens-file.js';

const A = 'token-a-0123456789';
const B = 'token-b-0123456789';

describe('TokenAccessService', () => {
  const accessOf = (options: RelayOptions) =>
    new TokenAccessService(options, new MemoryTokenStore(), new ManualClock(), fetch);
  const access = accessOf(validateOptions(RelayOptions, { tokens: [A, B] }));

  it('names each token without showing it', async () => {
    const [a, b] = [await access.identify(A), await access.identify(B)];
    expect(a).toEqual({
      tokenId: expect.stringMatching(/^[0-9a-f]{16}$/),
      organizationId: 'default',
      name: 'operator',
      role: 'operator',
      mayApprove: true,
    });
    expect(a.tokenId).not.toBe(b.tokenId);
    expect(await access.identify(A)).toEqual(a);
  });

  it.each([undefined, '', 'token-a', `${A} `, A.toUpperCase()])('refuses %j', async (token) => {
    await expect(access.identify(token)).rejects.toMatchObject({
      code: 'TOKEN_REFUSED',
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
  });

  it('lets nobody in without tokens', async () => {
    const none = accessOf(new RelayOptions());
    await expect(none.identify('')).rejects.toMatchObject({ status: 401 });
    await expect(none.identify(undefined)).rejects.toMatchObject({ status: 401 });
  });

  it('never shows a token in an error about options', () => {
    expect(() => validateOptions(RelayOptions, { tokens: ['short'] })).toThrow(OptionsError);
    expect(() => validateOptions(RelayOptions, { tokens: ['short'] })).not.toThrow(/short"/);
  });
});

it.each([
  ['Bearer abc', 'abc'],
  ['bearer abc ', 'abc'],
  ['Basic abc', undefined],
  ['Bearer', undefined],
  ['Bearer a b', undefined],
  [undefined, undefined],
])('reads the header %j', (authorization, token) => {
  expect(bearerOf({ headers: { authorization } } as IncomingMessage)).toBe(token);
});

describe('assertAllowedOrigin', () => {
  const check = (origin?: string) => () =>
    assertAllowedOrigin({ headers: { origin } } as IncomingMessage, ['https://console.example']);

  it('lets programs and allowed pages in', () => {
    expect(check()).not.toThrow();
    expect(check('https://console.example')).not.toThrow();
  });
  it.each(['https://evil.example', 'null', '', 'http://console.example', 'https://console.example.evil'])(
    'refuses %j',
    (origin) => {
      expect(check(origin)).toThrow(expect.objectContaining({ code: 'ORIGIN_REFUSED', status: 403 }));
    },
  );
});

describe('assertSafeToListen', () => {
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '::ffff:127.0.0.1'])('allows %s without a token', (host) => {
    expect(() => assertSafeToListen(host, { tokenGiven: false })).not.toThrow();
  });
  it.each(['0.0.0.0', '::', '192.168.1.4', 'example.org', 'localhost.example.org', ''])(
    'refuses %j without a token',
    (host) => {
      expect(() => assertSafeToListen(host, { tokenGiven: false })).toThrow(/TWINLANE_TOKEN/);
      expect(() => assertSafeToListen(host, { tokenGiven: true })).not.toThrow();
    },
  );
});

describe('parseTokensFile', () => {
  it('skips comments and blank lines', () => {
    expect(parseTokensFile(`# laptop\n${A}\r\n\n   ${B}  \n#end`, 'tokens')).toEqual([A, B]);
  });

  it.each([
    [`${A}\nsecret\n`, 'tokens, line 2'],
    [`\n#\nsecret with spaces in it\n`, 'tokens, line 3'],
    ['# only comments\n', 'tokens has no token'],
  ])('names the line and never the token: %j', (text, names) => {
    expect(() => parseTokensFile(text, 'tokens')).toThrow(TokensFileError);
    expect(() => parseTokensFile(text, 'tokens')).toThrow(names);
    expect(() => parseTokensFile(text, 'tokens')).not.toThrow('secret');
  });
});
