import type { IncomingMessage } from 'node:http';
import type { Identity } from './identity.js';

const IDENTITY = Symbol('identity');
type IdentifiedRequest = IncomingMessage & { [IDENTITY]?: Identity };

/** Notes whose a request or an upgrade is, for whoever handles or refuses it. */
export function rememberIdentity(request: IncomingMessage, identity: Identity): void {
  (request as IdentifiedRequest)[IDENTITY] = identity;
}

/** Undefined while nobody has shown a token that is accepted. */
export function identityOf(request: IncomingMessage): Identity | undefined {
  return (request as IdentifiedRequest)[IDENTITY];
}
