import { JetStreamApiError, type StreamInfo } from '@nats-io/jetstream';
import { errors } from '@nats-io/transport-node';
import { NatsError } from './nats.error.js';

/** Of an answer of JetStream, as HTTP has it. */
const UNAVAILABLE = 503;
/** Error of JetStream: too few servers for the copies that are wanted. */
const NO_PEERS = 10_005;
/** Error of JetStream: a server that is in no cluster keeps one copy. */
const NO_CLUSTER = 10_074;

/**
 * Puts what the library threw into words.
 *
 * @param where addresses of the servers
 */
export function natsError(cause: unknown, where: string): NatsError {
  if (cause instanceof NatsError) return cause;
  return new NatsError(`NATS at ${where} ${whatHappened(cause)}`, { cause });
}

/** Of files. */
const UNREADABLE: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EISDIR']);

function whatHappened(cause: unknown): string {
  const chain = [...causes(cause)];
  const texts = chain.map(({ message }) => message).join(': ');
  const is = (kind: new (...args: never[]) => Error): boolean => chain.some((error) => error instanceof kind);
  if (is(errors.AuthorizationError) || is(errors.UserAuthenticationExpiredError))
    return `refuses who connects (${texts}): correct the user and password in TWINLANE_ENGINE, or the credentials file.`;
  if (is(errors.PermissionViolationError))
    return `forbids this (${texts}): give the account of the relay the subjects that docs/scaling.md lists.`;
  if (/jetstream.*not enabled/i.test(texts) || is(errors.NoRespondersError) || chain.some(isUnavailable))
    return 'has no JetStream that answers: start nats-server with --jetstream, and for a cluster enough of its servers.';
  if (is(errors.TimeoutError) || /timeout/i.test(texts))
    return `did not answer in time (${texts}): it is overloaded or away, or no NATS.`;
  if (chain.some((error) => error instanceof JetStreamApiError && [NO_PEERS, NO_CLUSTER].includes(error.code)))
    return `has too few servers (${texts}): start a cluster of as many as TWINLANE_NATS_REPLICAS says, or lower that.`;
  if (is(JetStreamApiError)) return `refuses this (${texts}).`;
  if (chain.some((error) => 'code' in error && UNREADABLE.has(String(error.code))))
    return `cannot be asked (${texts}): correct the file of credentials or certificates that TWINLANE_NATS_… names.`;
  return `cannot be reached (${texts}): start nats-server, or correct TWINLANE_ENGINE.`;
}

/**
 * What is said of a stream that is there: a server in no cluster takes any number of copies for it, and goes on keeping one.
 *
 * @throws NatsError where that is so
 */
export function withCopies(info: StreamInfo, copies: number, where: string): StreamInfo {
  if (copies === 1 || info.cluster?.name) return info;
  throw new NatsError(
    `NATS at ${where} is no cluster and keeps one copy of ${info.config.name}, not ${copies}: start one of as many servers, or lower TWINLANE_NATS_REPLICAS.`,
  );
}

/** Whether it may be otherwise in a moment: servers that start find each other first, and choose who leads. */
export function isPassing(error: unknown): boolean {
  return [...causes(error)].some(
    (cause) =>
      cause instanceof errors.NoRespondersError ||
      cause instanceof errors.TimeoutError ||
      isUnavailable(cause) ||
      (cause instanceof JetStreamApiError && cause.code === NO_PEERS),
  );
}

/** Its servers are there, and too few of them, or they have not chosen who leads. */
function isUnavailable(error: Error): boolean {
  return error instanceof JetStreamApiError && error.status === UNAVAILABLE;
}

function* causes(error: unknown): Generator<Error> {
  for (let next = error; next instanceof Error; next = next.cause) yield next;
}
