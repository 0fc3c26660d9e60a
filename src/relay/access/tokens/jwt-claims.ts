import type { JWTPayload } from 'jose';
import { createHash } from 'node:crypto';
import { CLIENT_ACCESSES, TOKEN_ROLES, type ClientAccess, type Identity, type TokenRole } from '../identity.js';
import type { JwtOptions } from '../jwt.options.js';

/** A claim that is missing, or says something that nothing here means. Names the claim, never its value. */
export class ClaimError extends Error {
  override readonly name = 'ClaimError';

  constructor(claim: string, wants: string) {
    super(`The claim "${claim}" must be ${wants}.`);
  }
}

const MAX_SUBJECT_LENGTH = 1_024;
const MAX_PATTERNS = 100;
const MAX_PATTERN_LENGTH = 256;
/** 128 bits: nobody finds a subject whose id is another's. */
const TOKEN_ID_LENGTH = 32;
/** Characters of a name that are shown. */
const MAX_NAME_LENGTH = 100;
/** Control characters, marks that turn the direction of a line, halves of pairs: what could make a line of a log seem another one. */
const UNSHOWN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

type ClaimSettings = Pick<JwtOptions, 'issuer' | 'organization' | 'claims' | 'clockToleranceMs'>;

/**
 * Whose a token is and what it may, by its claims. Rights are never guessed: what is there must be understood, and the role and the
 * organisation must be there.
 *
 * @param payload of a token whose signature, issuer, audience and time were checked
 * @throws ClaimError
 */
export function identityOfClaims(payload: JWTPayload, settings: ClaimSettings): Identity {
  const { issuer, organization, claims, clockToleranceMs } = settings;
  const { sub, exp } = payload;
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT_LENGTH)
    throw new ClaimError('sub', `a text of 1 to ${MAX_SUBJECT_LENGTH} characters`);
  if (typeof exp !== 'number') throw new ClaimError('exp', 'a time');
  const role = roleOf(valueOf(payload, claims.role), claims.role);
  const organizationId = organization ?? textOf(valueOf(payload, claims.organization), claims.organization);
  const holder = createHash('sha256')
    .update(JSON.stringify([issuer, organizationId, sub, role]))
    .digest('hex');
  return {
    tokenId: `jwt-${holder.slice(0, TOKEN_ID_LENGTH)}`,
    organizationId,
    ...nameOf(payload, claims.names),
    role,
    environments: environmentsOf(valueOf(payload, claims.environments), claims.environments),
    access: accessOf(valueOf(payload, claims.access), claims.access),
    mayApprove: approveOf(valueOf(payload, claims.approve), claims.approve),
    expiresAt: exp * 1_000 + clockToleranceMs,
  };
}

/** What every object has, such as `constructor`, is no claim. */
function valueOf(payload: JWTPayload, claim: string): unknown {
  return Object.hasOwn(payload, claim) ? payload[claim] : undefined;
}

/** Nothing depends on it, so that nothing is refused for it. */
function nameOf(payload: JWTPayload, claims: readonly string[]): Pick<Identity, 'name'> {
  for (const claim of claims) {
    const value = valueOf(payload, claim);
    if (typeof value !== 'string') continue;
    // Cut first: a text may be as long as a token, and half a character at the cut goes with the rest.
    const name = value.slice(0, MAX_NAME_LENGTH).replaceAll(UNSHOWN, '').trim();
    if (name !== '') return { name };
  }
  return {};
}

function roleOf(value: unknown, claim: string): TokenRole {
  const said: readonly unknown[] = Array.isArray(value) ? value : [value];
  const [role, ...others] = TOKEN_ROLES.filter((known) => said.includes(known));
  if (role === undefined || others.length > 0) throw new ClaimError(claim, `exactly one of ${TOKEN_ROLES.join(', ')}`);
  return role;
}

function textOf(value: unknown, claim: string): string {
  if (typeof value !== 'string' || value === '') throw new ClaimError(claim, 'the id of an organisation');
  return value;
}

function environmentsOf(value: unknown, claim: string): readonly string[] {
  if (value === undefined) return ['*'];
  const patterns: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (patterns.length > MAX_PATTERNS || !patterns.every(isPattern))
    throw new ClaimError(claim, `at most ${MAX_PATTERNS} texts of 1 to ${MAX_PATTERN_LENGTH} characters`);
  return patterns;
}

function isPattern(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_PATTERN_LENGTH;
}

function accessOf(value: unknown, claim: string): ClientAccess {
  if (value === undefined) return 'steer';
  const access = CLIENT_ACCESSES.find((known) => known === value);
  if (access === undefined) throw new ClaimError(claim, CLIENT_ACCESSES.join(' or '));
  return access;
}

function approveOf(value: unknown, claim: string): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new ClaimError(claim, 'true or false');
  return value;
}
