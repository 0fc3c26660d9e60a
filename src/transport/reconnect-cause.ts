import { closeNameOf, type CloseName } from '../protocol/index.js';
import { RegistrationError, type RegistrationFault } from '../registration/index.js';
import { LinkError, type LinkEnd } from './link-end.js';
import { DialError } from './socket-dialer.js';

/** Why a link ended or could not be had; one of few, so that they can be counted apart. */
export type ReconnectCause =
  /** The name of the close code. */
  | `closed ${CloseName}`
  | `registration ${RegistrationFault}`
  /** The upgrade was answered with an HTTP status of this class. */
  | 'upgrade 3xx'
  | 'upgrade 4xx'
  | 'upgrade 5xx'
  /** No socket could be opened: name, route, TLS, deadline. */
  | 'network'
  /** A socket opened, but never became ready. */
  | 'not ready'
  | 'other';

export function causeOfEnd({ code }: LinkEnd): ReconnectCause {
  return `closed ${closeNameOf(code)}`;
}

export function causeOfFailure(error: unknown): ReconnectCause {
  if (error instanceof RegistrationError) return `registration ${error.fault}`;
  if (error instanceof LinkError) return error.end ? causeOfEnd(error.end) : 'not ready';
  if (!(error instanceof DialError)) return 'other';
  const { status } = error;
  if (status === undefined) return 'network';
  return status >= 500 ? 'upgrade 5xx' : status >= 400 ? 'upgrade 4xx' : 'upgrade 3xx';
}
