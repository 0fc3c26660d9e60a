import { createHash } from 'node:crypto';

/** Hex digits of a listener instance id (protocol section 1). */
const INSTANCE_ID_DIGITS = 16;

/**
 * Stable over restarts, and different for each workspace: two listeners on one machine are two environments.
 *
 * @param root real path of the workspace
 */
export function listenerInstanceId(deviceId: string, connectionName: string, root: string): string {
  return createHash('sha256')
    .update(JSON.stringify([deviceId, connectionName, root]))
    .digest('hex')
    .slice(0, INSTANCE_ID_DIGITS);
}
