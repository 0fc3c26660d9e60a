import { randomBytes } from 'node:crypto';
import { isRecord, type AuditDetails, type AuditEntry, type AuditKind, type Runtime } from '../../protocol/index.js';

/** Who did something. */
export interface Actor {
  /** Undefined: to be looked up by the environment, where there is one. */
  readonly organizationId?: string | undefined;
  readonly tokenId?: string | undefined;
  /** What people call it. */
  readonly tokenName?: string | undefined;
  readonly address?: string | undefined;
}

/** What happened, before names are looked up. */
export interface AuditDraft {
  readonly kind: AuditKind;
  readonly actor: Actor;
  readonly environmentId?: string | undefined;
  /** Where it is gone by the time that it would be looked up. */
  readonly environmentName?: string | undefined;
  readonly runtime?: Runtime | undefined;
  readonly details?: AuditDetails;
}

const PROCESS = randomBytes(4).toString('hex');
let made = 0;

/** Of this process: no two are the same. */
export function makeEntryId(): string {
  return `${PROCESS}-${(made++).toString(36)}`;
}

/** @param at epoch ms */
export function lostEntries(count: number, at: number): AuditEntry {
  return {
    id: makeEntryId(),
    time: new Date(at).toISOString(),
    kind: 'entries_lost',
    organizationId: null,
    tokenId: null,
    tokenName: null,
    address: null,
    environmentId: null,
    environmentName: null,
    runtime: null,
    details: { count },
  };
}

/** Of a line of JSON. Undefined for one that a killed process has not ended. */
export function readEntry(text: string): AuditEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && typeof value['time'] === 'string' ? (value as unknown as AuditEntry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
