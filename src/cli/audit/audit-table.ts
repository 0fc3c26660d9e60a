import type { AuditEntry } from '../../protocol/index.js';
import { GrowingTable, visibleLine } from '../text.js';

const HEAD = ['TIME', 'WHAT', 'WHO', 'FROM', 'ENVIRONMENT', 'DETAILS'];

/** The audit log as people read it, as it grows. */
export class AuditTable {
  private readonly rows = new GrowingTable(HEAD);

  /** Lines for what comes next; before the first ones, the head. */
  next(entries: readonly AuditEntry[]): string {
    return this.rows.next(entries.map(row));
  }
}

function row(entry: AuditEntry): string[] {
  const { time, kind, tokenName, tokenId, address, environmentName } = entry;
  return [time, kind, tokenName ?? tokenId ?? '-', address ?? '-', environmentName ?? '-', detailsOf(entry)].map(
    visibleLine,
  );
}

/** Of an organisation that came or went: which. It is what the entry belongs to, and no detail. */
function detailsOf({ kind, organizationId, details }: AuditEntry): string {
  const isOfOrganization = kind === 'organization_created' || kind === 'organization_deleted';
  const all = isOfOrganization && organizationId !== null ? { id: organizationId, ...details } : details;
  return Object.entries(all)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join('  ');
}
