import type { FactoryProvider } from '@nestjs/common';
import path from 'node:path';
import { CLOCK } from '../../config/index.js';
import { Metrics } from '../../observability/index.js';
import type { Clock } from '../../protocol/index.js';
import { SHARED_PARTS, type SharedParts } from '../engine/shared-parts.js';
import { RelayOptions } from '../relay.options.js';
import { AuditFiles } from './audit.files.js';
import { AuditLog } from './audit.log.js';
import { FileAuditLog } from './file-audit.log.js';
import { MemoryAuditLog } from './memory-audit.log.js';

/** Folder in the relay's data directory. */
const FOLDER = 'audit';

/** In NATS where many nodes share it; in files where the relay has a folder for them, else in memory. */
export const auditLogProvider: FactoryProvider<AuditLog> = {
  provide: AuditLog,
  inject: [RelayOptions, CLOCK, Metrics, SHARED_PARTS],
  useFactory: async (
    { dataDir, audit }: RelayOptions,
    clock: Clock,
    metrics: Metrics,
    { openAudit }: Partial<SharedParts>,
  ) => {
    const failures = metrics.counter(
      'twinlane_relay_audit_failures_total',
      'Times the audit log could not be written: its disk may be full.',
    );
    const lost = metrics.counter('twinlane_relay_audit_lost_entries_total', 'Entries that are in no audit log.');
    const observer = { failed: () => failures.inc(), lost: (entries: number) => lost.inc(entries) };
    if (openAudit) return openAudit(observer);
    if (dataDir === undefined) return new MemoryAuditLog();
    const files = new AuditFiles(path.join(dataDir, FOLDER), audit, clock);
    return new FileAuditLog(files, clock, observer);
  },
};
