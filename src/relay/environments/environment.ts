import { createHash, randomBytes } from 'node:crypto';
import type { OfflineReason } from '../../protocol/index.js';
import { agreedCapabilities, namesEvents } from './agreed-capabilities.js';

const LEASE_SECRET_BYTES = 24;

/** Why, and since when, an environment is offline. */
export interface Offline {
  readonly reason: OfflineReason;
  /** Epoch ms. */
  readonly since: number;
}

/** The relay's lasting record of one listener instance. */
export interface Environment {
  readonly id: string;
  /** Towards clients; made once per environment and kept. */
  readonly connectionId: string;
  readonly organizationId: string;
  /** Whose token registered it first, since it was released; `NOBODY` after that. */
  readonly ownerTokenId: string;
  readonly deviceId: string;
  readonly listenerInstanceId: string | undefined;
  readonly connectionName: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Epoch ms. */
  readonly firstSeenAt: number;
  /** Epoch ms: the newest registration. */
  readonly registeredAt: number;
  /** Epoch ms; written down now and then, so that it lags behind what `Presence` knows. */
  readonly lastSeenAt: number;
  /** Epoch ms; lags likewise. Null when there never was one. */
  readonly lastHeartbeat: number | null;
  /** Null once a link of it was ready, until it is offline again: a relay that is started finds it so where the one before was killed. */
  readonly offline: Offline | null;
}

/** The `ownerTokenId` of an environment that was released. */
export const NOBODY = '';

/** What counts from a registration until a link is ready. */
export function notYetConnected(registeredAt: number): Offline {
  return { reason: 'never-connected', since: registeredAt };
}

/** What it was called before, where that was another name. */
export function renamed(before: string | undefined, now: string): string | undefined {
  return before === now ? undefined : before;
}

/** Whether this token may register the environment, as far as others go. */
export function isFree({ ownerTokenId }: Pick<Environment, 'ownerTokenId'>, tokenId: string): boolean {
  return ownerTokenId === tokenId || ownerTokenId === NOBODY;
}

/** When a device was last heard of, and whether it is gone, for its lasting record. Epoch ms. */
export type Sighting = Pick<Environment, 'lastSeenAt' | 'lastHeartbeat' | 'offline'>;

/** What a registration agreed on; it holds for as long as its lease does, over restarts of the relay too. */
export interface LeaseTerms {
  /** Whether the device numbers its events per runtime (`metadata.eventSeqScope: "runtime"`). */
  readonly namesEvents: boolean;
  /** Whether the device answers `input` and `sync` (`metadata.environmentMessageProtocol`); stock 0.25 is silent. */
  readonly answersInput: boolean;
  /** Whether resumable channels were agreed (protocol section 5). */
  readonly resumable: boolean;
  /** Whether chunked frames were agreed (protocol section 6). */
  readonly chunked: boolean;
}

/** One registration's tie to the relay. Its secret is in the `wsUrl` alone. */
export interface Lease extends LeaseTerms {
  /** Names the lease without being its secret. */
  readonly id: string;
  readonly environmentId: string;
  /** Counts the environment's registrations: of two leases the higher is the newer. */
  readonly order: number;
  /** Stock listeners do not say. */
  readonly processInstanceId: string | undefined;
}

/** Leases remembered per environment, void ones included; a forgotten one is unknown, and its listener registers again. */
export const LEASES_KEPT = 256;

/** Makes a lease for a registration. @returns its secret too, which is kept nowhere */
export function issueLease(
  environmentId: string,
  order: number,
  metadata: Environment['metadata'],
): { readonly lease: Lease; readonly secret: string } {
  const secret = randomBytes(LEASE_SECRET_BYTES).toString('base64url');
  const processInstanceId = processInstanceIdOf(metadata);
  return { lease: { id: leaseIdOf(secret), environmentId, order, processInstanceId, ...termsOf(metadata) }, secret };
}

/** Which process of the listener registers; undefined where it does not say. */
export function processInstanceIdOf(metadata: Environment['metadata']): string | undefined {
  const said = metadata['processInstanceId'];
  return typeof said === 'string' && said !== '' ? said : undefined;
}

function termsOf(metadata: Environment['metadata']): LeaseTerms {
  const { supportsResumableChannels, supportsChunkedFrames } = agreedCapabilities(metadata);
  return {
    namesEvents: namesEvents(metadata),
    answersInput: metadata['environmentMessageProtocol'] !== undefined,
    resumable: supportsResumableChannels,
    chunked: supportsChunkedFrames,
  };
}

/** Who made a lease void: a listener that does not say which process it is counts as another one. */
export type Voider = 'same-process' | 'other-process';

export function voiderOf(older: Lease, newer: Lease): Voider {
  const same = older.processInstanceId !== undefined && older.processInstanceId === newer.processInstanceId;
  return same ? 'same-process' : 'other-process';
}

export function leaseIdOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * Ids of an environment follow from its identity (protocol section 1), so that they are the same after a restart of a
 * relay that keeps its registry in memory only.
 */
export function environmentIds(organizationId: string, deviceId: string, listenerInstanceId: string | undefined) {
  const identity = JSON.stringify([organizationId, deviceId, listenerInstanceId ?? null]);
  const hash = createHash('sha256').update(identity).digest('hex');
  return { id: `env-${hash.slice(0, 32)}`, connectionId: `conn-${hash.slice(32)}` };
}
