import type { TokenEntry, TokenRequest } from 'twinlane/client';

/** What stands in the form for a new token. */
export interface TokenDraft {
  readonly name: string;
  readonly role: TokenEntry['role'];
  /** Empty: that of who makes it. */
  readonly organizationId: string;
  /** Patterns, apart by commas or spaces; empty: all. */
  readonly environments: string;
  readonly access: TokenEntry['access'];
  readonly mayApprove: boolean;
  readonly expiry: Expiry;
}

export const EXPIRIES = ['never', 'day', 'week', 'month', 'year'] as const;
export type Expiry = (typeof EXPIRIES)[number];

const DAY_MS = 24 * 60 * 60 * 1_000;
const DAYS: Readonly<Record<Exclude<Expiry, 'never'>, number>> = { day: 1, week: 7, month: 30, year: 365 };

export const NEW_DRAFT: TokenDraft = {
  name: '',
  role: 'client',
  organizationId: '',
  environments: '',
  access: 'steer',
  mayApprove: false,
  expiry: 'month',
};

/** What the relay is asked for. Devices and admins neither watch nor steer. @param now epoch ms */
export function requestOf(draft: TokenDraft, now: number): TokenRequest {
  const { name, role, organizationId, access, mayApprove, expiry } = draft;
  const environments = draft.environments.split(/[\s,]+/).filter((pattern) => pattern !== '');
  return {
    name: name.trim(),
    role,
    ...(organizationId.trim() === '' ? {} : { organizationId: organizationId.trim() }),
    ...(environments.length === 0 || role === 'admin' ? {} : { environments }),
    ...(role === 'client' ? { access, mayApprove: mayApprove && access === 'steer' } : {}),
    ...(expiry === 'never' ? {} : { expiresAt: now + DAYS[expiry] * DAY_MS }),
  };
}
