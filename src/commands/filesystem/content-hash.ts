import { createHash } from 'node:crypto';

/** Stands for a file that is not there, where a hash of its content is expected. */
export const ABSENT = 'absent';

/** Tells one content of a file from another: SHA-256, in hex. */
export function contentHash(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}
