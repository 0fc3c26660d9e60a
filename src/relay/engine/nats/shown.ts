import type { PresenceRecord } from '../../environments/presence.js';
import type { HomeRecord, Shown } from './homes.js';

/** What is shown of an environment that leaves its home with its device online: that is expected at the next one. @param now epoch ms */
export function away({ presence, facts }: Shown, now: number): Shown {
  const { link: _over, ...rest } = facts;
  return { presence: presence?.online ? { ...presence, awaySince: presence.awaySince ?? now } : presence, facts: rest };
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
  const awaySince = presence.awaySince ?? since;
  const isExpected = presence.online && now - awaySince < offlineAfterMs;
  return isExpected ? { ...presence, awaySince } : offline(presence);
}

/** What a node shows of an environment whose home is another one, or none. @param isHeard whether the node of its home lives */
export function shownFrom(record: HomeRecord, isHeard: boolean, offlineAfterMs: number, now: number): Shown {
  const { node, presence, facts } = record;
  if (!presence || isHeard) return { presence, facts };
  const { link: _over, ...rest } = facts;
  const isGiven = node === '' && presence.awaySince !== null;
  return {
    presence: isGiven ? expecting(presence, presence.awaySince, offlineAfterMs, now) : offline(presence),
    facts: rest,
  };
}

function offline(presence: PresenceRecord): PresenceRecord {
  return { ...presence, online: false, connectedAt: null, awaySince: null };
}
