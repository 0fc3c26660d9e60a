import type { OrganizationRecord, TokenRecord } from '../../../access/tokens/token-store.js';
import { keyPart } from './kv-key.js';

/** Where tokens and organisations are. */
export const TOKENS_BUCKET = 'TWINLANE_TOKENS';
/** Keys of records of which every node must know how they change. */
export const LIVE_KEYS = 'live.>';
/** The list of organisations, by id with a tag. */
export const ORGANIZATIONS = 'list.organizations';
/** The first day whose ended tokens may not be forgotten yet; there when a token is. */
export const FORGET_FROM = 'forget-from';

/** A token under its digest; the token itself is nowhere. */
export interface KeptToken {
  readonly token: TokenRecord;
  /** Its page in the list of its organisation. */
  readonly page: number;
}

/** An organisation under its id, which is never given again. */
export interface KeptOrganization {
  readonly organization: OrganizationRecord;
  readonly tag: string;
  /** `going`: it takes no tokens any more, and those that it has are being revoked. */
  readonly state: 'there' | 'going' | 'gone';
}

export function tokenKey(digest: string): string {
  return `live.token.${keyPart(digest)}`;
}

export function organizationKey(id: string): string {
  return `live.organization.${keyPart(id)}`;
}

/** The record there is the digest. */
export function idKey(tokenId: string): string {
  return `id.${keyPart(tokenId)}`;
}

/** Digests of an organisation's tokens. */
export function digestList(organizationId: string): string {
  return `list.tokens.${keyPart(organizationId)}`;
}

/** Digests of tokens that expire, or were revoked, on this day. */
export function endList(day: number): string {
  return `list.ended.${day}`;
}

/** Whether a value under `LIVE_KEYS` is of a token. */
export function isToken(value: KeptToken | KeptOrganization): value is KeptToken {
  return 'token' in value;
}
