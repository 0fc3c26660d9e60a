import { Injectable } from '@nestjs/common';
import type { Environment, Lease, Sighting, Voider } from './environment.js';

/** A listener's registration, after its request was understood. */
export interface Registration {
  readonly organizationId: string;
  readonly tokenId: string;
  readonly deviceId: string;
  readonly listenerInstanceId: string | undefined;
  readonly connectionName: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface Registered {
  readonly environment: Environment;
  readonly lease: Lease;
  /** Goes into the `wsUrl`, and is kept nowhere. */
  readonly secret: string;
  /** Its `connectionName` before, where that was another. */
  readonly renamedFrom: string | undefined;
}

/** What a lease presented by a listener is worth. */
export type LeaseStanding =
  | { readonly state: 'valid'; readonly environment: Environment; readonly lease: Lease }
  | { readonly state: 'void'; readonly environment: Environment; readonly lease: Lease; readonly by: Voider }
  | { readonly state: 'unknown' };

/**
 * The lasting record of environments and their leases.
 *
 * @publicApi
 */
@Injectable()
export abstract class EnvironmentRegistry {
  /**
   * Makes the environment, or finds it again, and gives it one more lease. Older leases stay valid until `leaseReady`.
   *
   * @throws RelayError ENVIRONMENT_TAKEN when it belongs to another token, LISTENER_SUPERSEDED when another process
   * made this process's lease void
   */
  abstract register(registration: Registration): Promise<Registered>;

  /** @param secret what the listener presented */
  abstract standingOf(connectionId: string, secret: string): Promise<LeaseStanding>;

  /** The link of this lease is ready: every older lease of the environment is void from now on. */
  abstract leaseReady(lease: Lease): Promise<void>;

  /** Writes down when a device was last heard of; never to an earlier time. An unknown environment is ignored. */
  abstract seen(environmentId: string, sighting: Sighting): Promise<void>;

  /**
   * Whoever registers it next owns it. Every lease is void, as if another process had taken the environment over. An unknown
   * environment is ignored.
   *
   * @throws RelayError CHANGE_NOT_KEPT
   */
  abstract release(environmentId: string): Promise<void>;

  /** Forgets the environment and its leases. @throws RelayError CHANGE_NOT_KEPT */
  abstract remove(environmentId: string): Promise<void>;

  /** Environments whose `id` or `connectionId` is `name`, or else whose device it is; the newest registration first. */
  abstract find(organizationId: string, name: string): Promise<readonly Environment[]>;

  /** Whose an environment is; undefined for one that is not known. */
  abstract organizationOf(environmentId: string): Promise<string | undefined>;

  /** All of an organisation's, the oldest first. */
  abstract list(organizationId: string): Promise<readonly Environment[]>;

  /**
   * The same one by one, beginning behind one of them, so that whoever wants a page need not read the rest: an adapter that keeps many should
   * read them as they are asked for. Nothing comes behind an id that is none of the organisation's.
   */
  async *behind(organizationId: string, after: string | undefined): AsyncGenerator<Environment, void> {
    const all = await this.list(organizationId);
    const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    if (from > 0 || after === undefined) yield* all.slice(from);
  }

  /** Those of an organisation's that have one of these ids, in no order: an adapter that keeps many should read these alone. */
  async withIds(organizationId: string, ids: ReadonlySet<string>): Promise<readonly Environment[]> {
    return (await this.list(organizationId)).filter(({ id }) => ids.has(id));
  }
}
