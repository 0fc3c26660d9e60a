import { describe, expect, it } from 'vitest';
import { AUDIENCE, ISSUER } from '../../../test/kit/identity-provider.js';
import { OptionsError, validateOptions } from '../../config/index.js';
import { RelayOptions } from '../relay.options.js';

describe('options of an identity provider', () => {
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
