import { Injectable } from '@nestjs/common';
import { RelayError } from '../../relay.error.js';
import type { ClientAccess, TokenRole } from '../identity.js';

/** A token as it is kept: everything but the token itself. Times in epoch ms. */
export interface TokenRecord {
  /** Names it, `tok-…`; the `tokenId` of its identity. */
  readonly id: string;
  readonly organizationId: string;
  /** What people call it. */
  readonly name: string;
  readonly role: TokenRole;
  /** Patterns of names of environments. */
  readonly environments: readonly string[];
  readonly access: ClientAccess;
  readonly mayApprove: boolean;
  readonly createdAt: number;
  /** `tokenId` of whoever made it. */
  readonly createdBy: string;
  /** Null: it does not expire. */
  readonly expiresAt: number | null;
  /** Coarse: within minutes. Null: never. */
  readonly lastUsedAt: number | null;
  /** Null: it was not revoked. */
  readonly revokedAt: number | null;
}

/** Whose environments and tokens are nobody else's. */
export interface OrganizationRecord {
  /** Chosen by who made it, and never changed: identities of identity providers name it. */
  readonly id: string;
  readonly name: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

/** Why an id can be given no more, when an organisation had it. */
export function takenId(wasRemoved: boolean): RelayError {
  return wasRemoved
    ? new RelayError(
        'ORGANIZATION_EXISTS',
        'An organisation of this id was deleted, and its id is not given again: audit entries and tokens of an identity provider still name it. Choose another one.',
      )
    : new RelayError('ORGANIZATION_EXISTS');
}

/**
 * Tokens and organisations, as lastingly as the adapter keeps anything. Nobody here knows a token: only SHA-256 of it comes in.
 *
 * @publicApi
 */
@Injectable()
export abstract class TokenStore {
  /**
   * @param digest SHA-256 of the token, hex
   * @throws RelayError CHANGE_NOT_KEPT; ORGANIZATION_UNKNOWN when there is no such organisation
   */
  abstract add(token: TokenRecord, digest: string): Promise<void>;

  /** The token of this digest, revoked and expired ones too. */
  abstract byDigest(digest: string): Promise<TokenRecord | undefined>;

  abstract get(id: string): Promise<TokenRecord | undefined>;

  /** Of one organisation, or of all; the oldest first. Revoked and expired ones too. */
  abstract list(organizationId?: string): Promise<readonly TokenRecord[]>;

  /** Once revoked it stays so, and keeps its first time. @throws RelayError CHANGE_NOT_KEPT */
  abstract revoke(id: string, at: number): Promise<void>;

  /**
   * Forgets tokens that were revoked, or have expired, before `at` (epoch ms): nobody is told any more why they are refused.
   *
   * @throws RelayError CHANGE_NOT_KEPT
   */
  abstract forgetEnded(at: number): Promise<void>;

  /** Writes down when a token was used; never an earlier time. An unknown one is ignored. */
  abstract used(id: string, at: number): Promise<void>;

  /**
   * An id is given once for ever: audit entries, and tokens of identity providers, go on naming an organisation that was taken away.
   *
   * @throws RelayError CHANGE_NOT_KEPT; ORGANIZATION_EXISTS, also for an id of one that was taken away (see `takenId`)
   */
  abstract addOrganization(organization: OrganizationRecord): Promise<void>;

  abstract organization(id: string): Promise<OrganizationRecord | undefined>;

  /** The oldest first. */
  abstract organizations(): Promise<readonly OrganizationRecord[]>;

  /**
   * Takes an organisation away and revokes its tokens, both or neither. Its id stays taken.
   *
   * @returns the ids of the tokens that this revoked
   * @throws RelayError CHANGE_NOT_KEPT
   */
  abstract removeOrganization(id: string, at: number): Promise<readonly string[]>;
}
