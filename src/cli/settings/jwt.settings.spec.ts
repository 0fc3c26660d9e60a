import { expect, it } from 'vitest';
import { JwtOptions, RelayOptions } from '../../relay/index.js';
import { validateOptions } from '../../config/index.js';
import { jwtOptionsOf } from './jwt.settings.js';
import { readSettings } from './read-settings.js';
import { RelaySettings } from './relay.settings.js';

const ALL = {
  TWINLANE_JWT_ISSUER: 'https://id.example',
  TWINLANE_JWT_AUDIENCE: 'twinlane',
  TWINLANE_JWT_JWKS_URL: 'https://id.example/keys',
};

function read(env: Readonly<Record<string, string>>) {
  return jwtOptionsOf(readSettings('relay', RelaySettings, { flags: {}, env }));
}

it('no identity provider is one', () => {
  expect(read({})).toBeUndefined();
});

it('three settings are enough, and the rest is as the options have it', () => {
  const { jwt } = validateOptions(RelayOptions, { jwt: read(ALL) });
  const expected = new JwtOptions();
  Object.assign(expected, { issuer: 'https://id.example', audience: 'twinlane', jwksUrl: 'https://id.example/keys' });
  expect(jwt).toEqual(expected);
});

it('claims have the names that are set', () => {
  expect(read({ ...ALL, TWINLANE_JWT_ROLE_CLAIM: 'roles', TWINLANE_JWT_ORGANIZATION: 'acme' })).toMatchObject({
    organization: 'acme',
    claims: { role: 'roles', access: 'twinlane_access' },
  });
});

it.each([
  [{ TWINLANE_JWT_ISSUER: ALL.TWINLANE_JWT_ISSUER }, /by half.*JWT_AUDIENCE.* and .*JWT_JWKS_URL/],
  [{ TWINLANE_JWT_ORGANIZATION: 'acme' }, /by half.*JWT_ISSUER/],
  [{ ...ALL, TWINLANE_JWT_ORGANIZATION: 'acme', TWINLANE_JWT_ORGANIZATION_CLAIM: 'org' }, /in place of a claim/],
  [{ ...ALL, TWINLANE_JWT_JWKS_URL: 'http://id.example/keys' }, /TWINLANE_JWT_JWKS_URL.*https/],
  [{ ...ALL, TWINLANE_JWT_ALGORITHMS: 'HS256' }, /TWINLANE_JWT_ALGORITHMS/],
  [{ ...ALL, TWINLANE_JWT_CLOCK_TOLERANCE_MS: '900000' }, /300000/],
])('%j is refused at start', (env, text) => {
  expect(() => read(env)).toThrow(text);
});
