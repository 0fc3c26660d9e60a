import { createHash } from 'node:crypto';
import type { Environment } from '../environments/environment.js';
import type { Identity, Role } from './identity.js';
import { fitsPattern } from './name-pattern.js';

const RIGHTS_KEY_DIGITS = 16;

/** What a role may. `scoped`: as far as the identity's scopes go. */
interface RoleRights {
  readonly register: 'never' | 'scoped' | 'always';
  readonly see: 'never' | 'scoped' | 'always';
  readonly steer: 'never' | 'scoped' | 'always';
  readonly approve: 'never' | 'scoped' | 'always';
  readonly administer: 'never' | 'own' | 'every';
  readonly operate: 'never' | 'always';
}

/**
 * The one place that says what a role may; `docs/security.md` shows it. `none` is an identity without a role, as an `AccessService`
 * of an application's own may give.
 */
export const RIGHTS: Readonly<Record<Role | 'none', RoleRights>> = {
  device: {
    register: 'scoped',
    see: 'never',
    steer: 'never',
    approve: 'never',
    administer: 'never',
    operate: 'never',
  },
  client: {
    register: 'never',
    see: 'scoped',
    steer: 'scoped',
    approve: 'scoped',
    administer: 'never',
    operate: 'never',
  },
  admin: {
    register: 'never',
    see: 'always',
    steer: 'always',
    approve: 'always',
    administer: 'own',
    operate: 'never',
  },
  operator: {
    register: 'always',
    see: 'always',
    steer: 'always',
    approve: 'always',
    administer: 'every',
    operate: 'always',
  },
  none: {
    register: 'scoped',
    see: 'scoped',
    steer: 'scoped',
    approve: 'scoped',
    administer: 'never',
    operate: 'never',
  },
};

/** What of an environment scopes are about. */
export type Scoped = Pick<Environment, 'organizationId' | 'connectionName'>;

/** Whether it registers listeners at all; which ones, says `mayRegister`. */
export function mayRegisterAny(identity: Identity): boolean {
  return rightsOf(identity).register !== 'never';
}

/** Whether it may register a listener under this name in its organisation, and open that listener's sockets. */
export function mayRegister(identity: Identity, { organizationId, connectionName }: Scoped): boolean {
  const { register } = rightsOf(identity);
  return organizationId === identity.organizationId && within(identity, register, connectionName);
}

/** Whether environments are shown to it at all; which ones, says `maySee`. */
export function maySeeAny(identity: Identity): boolean {
  return rightsOf(identity).see !== 'never';
}

/** Whether it may know that this environment exists, and watch it. */
export function maySee(identity: Identity, { organizationId, connectionName }: Scoped): boolean {
  const { see } = rightsOf(identity);
  return organizationId === identity.organizationId && within(identity, see, connectionName);
}

/** Whether it may send commands to the environments that it sees. */
export function maySteer(identity: Identity): boolean {
  const { steer } = rightsOf(identity);
  return steer === 'always' || (steer === 'scoped' && (identity.access ?? 'steer') === 'steer');
}

/** Whether it may answer approvals of the environments that it sees, and is shown what they ask. */
export function mayApprove(identity: Identity): boolean {
  const { approve } = rightsOf(identity);
  return approve === 'always' || (approve === 'scoped' && identity.mayApprove);
}

/** Whether it may administer an organisation: its tokens; and, in its own, delete environments and release their leases. */
export function mayAdminister(identity: Identity, organizationId: string = identity.organizationId): boolean {
  const { administer } = rightsOf(identity);
  return administer === 'every' || (administer === 'own' && organizationId === identity.organizationId);
}

/** Whether it may do what concerns the relay as a whole: organisations, metrics. */
export function mayOperate(identity: Identity): boolean {
  return rightsOf(identity).operate === 'always';
}

/** Whether two are the same holder, with the same rights. */
export function hasSameRights(one: Identity, other: Identity): boolean {
  return rightsTextOf(one) === rightsTextOf(other);
}

/** Short, and the same for the same holder with the same rights. It says nothing of them. */
export function rightsKeyOf(identity: Identity): string {
  return createHash('sha256').update(rightsTextOf(identity)).digest('hex').slice(0, RIGHTS_KEY_DIGITS);
}

/** Whether its time is over. @param now epoch ms */
export function hasExpired({ expiresAt }: Pick<Identity, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && now >= expiresAt;
}

/** A role that nobody knows may nothing. */
function rightsOf({ role }: Identity): RoleRights {
  const key = role ?? 'none';
  return Object.hasOwn(RIGHTS, key) ? RIGHTS[key] : NOTHING;
}

const NOTHING: RoleRights = {
  register: 'never',
  see: 'never',
  steer: 'never',
  approve: 'never',
  administer: 'never',
  operate: 'never',
};

function within({ environments }: Identity, right: 'never' | 'scoped' | 'always', name: string): boolean {
  if (right !== 'scoped') return right === 'always';
  return environments === undefined || environments.some((pattern) => fitsPattern(name, pattern));
}

function rightsTextOf({ tokenId, organizationId, role, environments, access, mayApprove: approves }: Identity): string {
  const names = environments && [...new Set(environments)].toSorted();
  return JSON.stringify([tokenId, organizationId, role, names, access ?? 'steer', approves]);
}
