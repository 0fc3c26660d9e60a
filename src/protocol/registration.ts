import type { Runtime } from './runtime.js';

/** `POST /v1/environments/register`: what a listener says of itself (protocol section 1). */
export interface RegistrationRequest {
  /** Stable per data directory. */
  readonly deviceId: string;
  /** Stable per workspace on the device; stock listeners send none. */
  readonly listenerInstanceId?: string;
  readonly connectionName: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** What the server answers, beside its capabilities. */
export interface RegistrationResponse {
  readonly connectionId: string;
  /** Carries the unguessable `lease` of this tie. */
  readonly wsUrl: string;
  /** Bytes of one message or joined event. */
  readonly maxFrameBytes?: number;
  readonly [capability: string]: unknown;
}

/** `maxFrameBytes` where the server names none (protocol section 6), in bytes. */
export const DEFAULT_MAX_FRAME_BYTES = 8 * 1024 * 1024;

/** What a relay may be told to name as `maxFrameBytes`, in bytes. */
export const MAX_FRAME_BYTES_RANGE = { least: 1024, most: 256 * 1024 * 1024 } as const;

/** How a listener is connected right now: two sockets or one, and whether what breaks off is resumed (protocol section 5). */
export interface CurrentLink {
  readonly kind: 'split' | 'legacy';
  readonly resumable: boolean;
}

/**
 * Why an environment is offline (protocol section 4). One whose listener was superseded is not: the newer listener is its own now.
 *
 * - `stopped`: its listener said goodbye.
 * - `lost`: its link broke or fell silent, and it did not come back in time.
 * - `access-ended`: its token was revoked or has expired, or its scopes leave the environment out.
 * - `released`: an admin released it, which stops its listener.
 * - `never-connected`: its listener has registered, and no link has become ready since.
 * - `relay-restarted`: the relay was restarted, and its listener has not come back since.
 */
export type OfflineReason = 'stopped' | 'lost' | 'access-ended' | 'released' | 'never-connected' | 'relay-restarted';

/** When something last happened in an environment, and in which of its runtimes. */
export interface RuntimeMoment {
  readonly runtime: Runtime;
  /** Epoch milliseconds, by the device's clock. */
  readonly at: number;
}

/** One entry of `GET /v1/environments` (protocol section 4). */
export interface EnvironmentRecord {
  readonly id: string;
  /** Null while the environment is offline. */
  readonly connectionId: string | null;
  readonly deviceId: string;
  readonly connectionName: string;
  readonly organizationId: string;
  readonly podId: string | null;
  /** Epoch milliseconds. */
  readonly connectedAt: number | null;
  /** Epoch milliseconds: since when an environment that is online has no link (protocol section 4); other relays do not say. */
  readonly awaySince?: number | null;
  /** Null while it is online; other relays do not say. */
  readonly offlineReason?: OfflineReason | null;
  /** Epoch milliseconds: since when it counts as offline; null while it is online. */
  readonly offlineSince?: number | null;
  /** Epoch milliseconds. */
  readonly lastHeartbeat: number | null;
  /** Epoch milliseconds. */
  readonly lastSeenAt: number;
  /** Epoch milliseconds. */
  readonly firstSeenAt: number;
  readonly currentMode?: string;
  /** Of the directory that its last conversation works in; left out where git is none, or nobody has asked yet. */
  readonly currentBranch?: string;
  /** How its listener is connected, or was until its link broke; left out while it is offline, and by other relays. */
  readonly currentLink?: CurrentLink;
  /**
   * Name of the relay node that serves it, for operators; left out where none does, where the relay is one process, and by other relays.
   */
  readonly servedBy?: string;
  /** Approvals that wait for an answer; left out where nobody has been connected to it since the relay began, and by other relays. */
  readonly waitingApprovals?: number;
  /** When an approval was last asked for; left out where that is not known. */
  readonly lastAsked?: RuntimeMoment;
  /** When a turn last ended; left out where that is not known. */
  readonly lastTurnEnded?: RuntimeMoment;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface EnvironmentPage {
  readonly connections: readonly EnvironmentRecord[];
  readonly hasNextPage: boolean;
}

/** What `GET /v1/environment-changes` answers: what has become of environments since (protocol section 4). */
export interface EnvironmentChanges {
  /** The next `since`. */
  readonly cursor: string;
  /** False: what has changed since is not known. List all environments, and go on from `cursor`. */
  readonly recovered: boolean;
  /** Those that came or are not as they were, as they are now. When they were last heard of, while they are online, is no change. */
  readonly changed: readonly EnvironmentRecord[];
  /** `id` of each that is not there, or not shown to this token, any more. */
  readonly gone: readonly string[];
  /** Whether there is more: ask again at once. */
  readonly hasMore: boolean;
}
