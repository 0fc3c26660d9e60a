import { CLOSE_CODES, ENDED_BY_ADMIN, REPLACED_REASON, type EndByAdmin } from '../../protocol/index.js';
import type { Lease, Voider } from '../environments/environment.js';
import type { SupersededListeners } from '../environments/superseded-listeners.js';
import type { Hello } from './pairing.js';

interface Closable {
  close(code: number, reason: string): void;
}

/**
 * Closes what came with a void lease (protocol section 1). A listener that another process replaced must stop, or the
 * two would steal the environment from each other for ever (reliability C15); the same process has a newer link already.
 *
 * @param target a socket, or a whole link
 * @param end where it was an admin; listeners that know the code hear it
 * @param hello of the socket. What stream is told a stock listener does not heed, so that only the others count.
 */
export function closeAsVoid(
  target: Closable,
  hello: Hello,
  lease: Lease,
  by: Voider,
  superseded: SupersededListeners,
  end?: EndByAdmin,
): void {
  const isStream = hello.kind !== 'legacy' && hello.channel === 'stream';
  if (by === 'same-process') target.close(CLOSE_CODES.GOING_AWAY.code, 'A newer link of this listener is ready.');
  else if (end && lease.resumable) target.close(CLOSE_CODES.SUPERSEDED.code, ENDED_BY_ADMIN[end]);
  else if (!isStream && superseded.tell(lease))
    target.close(CLOSE_CODES.POLICY.code, 'Another listener has taken this environment over.');
  else target.close(CLOSE_CODES.NORMAL.code, REPLACED_REASON);
}
