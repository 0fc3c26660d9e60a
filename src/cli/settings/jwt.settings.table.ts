import { JWT_ALGORITHMS, JWT_CLAIMS, JwtOptions } from '../../relay/index.js';
import type { Setting } from './setting.js';

const RELAY = ['start', 'relay'] as const;

/** Whose JSON Web Tokens the relay accepts, and what their claims mean. */
export const JWT: readonly Setting[] = [
  {
    name: 'jwt-issuer',
    kind: 'text',
    value: '<issuer>',
    help: 'identity provider whose JSON Web Tokens the relay accepts besides its own tokens: their claim iss; goes with the next two',
    default: 'none',
    commands: RELAY,
  },
  {
    name: 'jwt-audience',
    kind: 'text',
    value: '<audience>',
    help: 'what the identity provider calls this relay: the claim aud of those tokens',
    commands: RELAY,
  },
  {
    name: 'jwt-jwks-url',
    kind: 'text',
    value: '<url>',
    help: 'where the identity provider shows its public keys; https, but for loopback',
    commands: RELAY,
  },
  {
    name: 'jwt-organization',
    kind: 'text',
    value: '<id>',
    help: 'organisation of all of those tokens, in place of a claim',
    default: 'what the claim says',
    commands: RELAY,
  },
  {
    name: 'jwt-organization-claim',
    kind: 'text',
    value: '<name>',
    help: 'claim with the id of an organisation that there is; a token without it is refused',
    default: JWT_CLAIMS.organization,
    commands: RELAY,
  },
  {
    name: 'jwt-role-claim',
    kind: 'text',
    value: '<name>',
    help: 'claim with the role: device, client or admin, or a list with exactly one of them; a token without it is refused',
    default: JWT_CLAIMS.role,
    commands: RELAY,
  },
  {
    name: 'jwt-environments-claim',
    kind: 'text',
    value: '<name>',
    help: 'claim with patterns of names of environments, a list or one text; without it a token is for all of its organisation',
    default: JWT_CLAIMS.environments,
    commands: RELAY,
  },
  {
    name: 'jwt-access-claim',
    kind: 'text',
    value: '<name>',
    help: 'claim with watch or steer; without it a client steers',
    default: JWT_CLAIMS.access,
    commands: RELAY,
  },
  {
    name: 'jwt-approve-claim',
    kind: 'text',
    value: '<name>',
    help: 'claim with true or false, whether a client answers approvals; without it none does',
    default: JWT_CLAIMS.approve,
    commands: RELAY,
  },
  {
    name: 'jwt-name-claims',
    kind: 'list',
    value: '<names>',
    help: 'claims with what people call the holder, for the audit log, separated by commas; the first that says something counts',
    default: JWT_CLAIMS.names.join(','),
    commands: RELAY,
  },
  {
    name: 'jwt-algorithms',
    kind: 'list',
    value: '<names>',
    help: `how those tokens may be signed, separated by commas; of ${JWT_ALGORITHMS.join(', ')}`,
    default: 'all of them',
    commands: RELAY,
  },
  {
    name: 'jwt-clock-tolerance-ms',
    kind: 'integer',
    value: '<ms>',
    help: 'how far the clocks of relay and identity provider may be apart, at most 5 minutes',
    default: String(new JwtOptions().clockToleranceMs),
    commands: RELAY,
  },
];
