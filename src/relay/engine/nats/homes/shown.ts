import type { PresenceRecord } from '../../../environments/presence.js';
import type { DeviceFacts } from '../../../routing/device-facts.js';
import type { OfflineReason } from '../../../../protocol/index.js';
import type { HomeRecord, Shown } from './homes.js';

/** What is shown of an environment that leaves its home with its device online: that is expected at the next one. @param now epoch ms */
export function away({ presence, facts }: Shown, now: number): Shown {
  return { presence: presence?.online ? { ...presence, awaySince: presence.awaySince ?? now } : presence, facts };
}

/**
 * A device that was online counts so until it has been away for long enough.
 *
 * @param since epoch ms: from when on it is away, where nobody has said so
 */
export function expecting(
  presence: PresenceRecord,
  since: number,
  offlineAfterMs: number,
  now: number,
): PresenceRecord {
  if (!presence.online) return presence;
  const awaySince = presence.awaySince ?? since;
  const until = awaySince + offlineAfterMs;
  return now < until ? { ...presence, awaySince } : offline(presence, 'lost', until);
}

/** What a node shows of an environment whose home is another one, or none. @param isHeard whether the node of its home lives */
export function shownFrom(record: HomeRecord, isHeard: boolean, offlineAfterMs: number, now: number): Shown {
  const { node, presence, facts } = record;
  if (!presence?.online || isHeard) return { presence, facts };
  const isGiven = node === '' && presence.awaySince !== null;
  // A node that was killed says nothing: as for a relay that is one process, nobody knows more than when it was seen.
  const shown = isGiven
    ? expecting(presence, presence.awaySince, offlineAfterMs, now)
    : offline(presence, 'relay-restarted', presence.lastSeenAt);
  return { presence: shown, facts };
}

/** What the device has told of itself, here or, where it has not done so yet, at the last home. */
export function factsSince(before: DeviceFacts | undefined, here: DeviceFacts): DeviceFacts {
  const attention = { ...before?.attention, ...here.attention };
  return { ...before, ...here, ...('waitingApprovals' in attention ? { attention } : {}) };
}

function offline(presence: PresenceRecord, reason: OfflineReason, since: number): PresenceRecord {
  return { ...presence, online: false, connectedAt: null, awaySince: null, offline: { reason, since } };
}
