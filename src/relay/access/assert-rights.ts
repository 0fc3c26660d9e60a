import { RelayError } from '../relay.error.js';
import type { Identity } from './identity.js';
import { mayAdminister, mayOperate, mayRegister, mayRegisterAny, maySeeAny, maySteer, type Scoped } from './rights.js';

/** What is said to a command of a client that may only watch. */
export const WATCH_ONLY =
  'This token may watch, not steer: the scope "access" of it is "watch". Ask an admin for one with access "steer".';

/** @throws RelayError ACCESS_REFUSED */
export function assertMayRegisterAny(identity: Identity): void {
  if (!mayRegisterAny(identity)) throw lacksRole(identity, 'registers no listeners', 'device');
}

/** @throws RelayError ACCESS_REFUSED which names the patterns: the listener chose the name itself, and may choose another */
export function assertMayRegister(identity: Identity, environment: Scoped): void {
  assertMayRegisterAny(identity);
  if (mayRegister(identity, environment)) return;
  const patterns = (identity.environments ?? []).join(', ');
  throw new RelayError(
    'ACCESS_REFUSED',
    `This token registers listeners named ${patterns} only (its scope "environments"), not ${environment.connectionName}. Start the listener with such a --name, or ask an admin for another token.`,
  );
}

/** @throws RelayError ACCESS_REFUSED */
export function assertMaySeeAny(identity: Identity): void {
  if (!maySeeAny(identity)) throw lacksRole(identity, 'is shown no environments', 'client');
}

/** @throws RelayError ACCESS_REFUSED */
export function assertMaySteer(identity: Identity): void {
  assertMaySeeAny(identity);
  if (!maySteer(identity)) throw new RelayError('ACCESS_REFUSED', WATCH_ONLY);
}

/** @throws RelayError ACCESS_REFUSED */
export function assertMayAdminister(identity: Identity): void {
  if (!mayAdminister(identity)) throw lacksRole(identity, 'administers nothing', 'admin');
}

/** @throws RelayError ACCESS_REFUSED */
export function assertMayOperate(identity: Identity): void {
  if (mayOperate(identity)) return;
  throw new RelayError(
    'ACCESS_REFUSED',
    `${described(identity)} does not run this relay; use one of the relay's own configuration (TWINLANE_TOKEN of the relay, or its tokens file).`,
  );
}

function lacksRole(identity: Identity, what: string, role: string): RelayError {
  return new RelayError('ACCESS_REFUSED', `${described(identity)} ${what}; use one of the role ${role}.`);
}

function described({ role }: Identity): string {
  return role === undefined ? 'This token' : `A token of the role ${role}`;
}
