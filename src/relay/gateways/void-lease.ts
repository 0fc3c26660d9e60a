import { CLOSE_CODES, REPLACED_REASON } from '../../protocol/index.js';
import type { Voider } from '../environments/environment.js';

/**
 * Closes what came with a void lease (protocol section 1). A listener that another process replaced must stop, or the
 * two would steal the environment from each other for ever (reliability C15); the same process has a newer link already.
 */
export function closeAsVoid(target: { close(code: number, reason: string): void }, by: Voider): void {
  if (by === 'other-process') target.close(CLOSE_CODES.NORMAL.code, REPLACED_REASON);
  else target.close(CLOSE_CODES.GOING_AWAY.code, 'A newer link of this listener is ready.');
}
