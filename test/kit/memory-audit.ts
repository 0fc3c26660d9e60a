import type { Clock } from '../../src/protocol/index.js';
import { Audit } from '../../src/relay/audit/audit.js';
import { MemoryAuditLog } from '../../src/relay/audit/memory-audit.log.js';
import type { EnvironmentRegistry } from '../../src/relay/environments/environment.registry.js';
import { RelayOptions } from '../../src/relay/relay.options.js';

/** An audit log of its own, in memory. */
export function memoryAudit(registry: EnvironmentRegistry, clock: Clock): Audit {
  return new Audit(new MemoryAuditLog(), registry, new RelayOptions(), clock);
}
