import type { EnvironmentRecord, OfflineReason } from '../../protocol/index.js';

/** A reason in a table, and in a sentence. */
export interface OfflineWords {
  readonly short: string;
  readonly full: string;
}

const WORDS: Readonly<Record<OfflineReason, OfflineWords>> = {
  stopped: { short: 'stopped', full: 'its listener was stopped' },
  lost: { short: 'lost', full: 'the connection of its listener was lost, and it did not come back' },
  'access-ended': { short: 'token ended', full: 'the token of its listener was revoked or has expired' },
  released: { short: 'released', full: 'an admin released it, and its listener stopped' },
  'never-connected': {
    short: 'never connected',
    full: 'its listener has registered, and opened no connection since',
  },
  'relay-restarted': {
    short: 'relay restarted',
    full: 'the relay was restarted, and its listener has not come back since',
  },
};

/** Why an environment is offline; undefined where it is not, or nobody knows: other relays do not say, and newer ones may have more reasons. */
export function offlineWords({ offlineReason }: Pick<EnvironmentRecord, 'offlineReason'>): OfflineWords | undefined {
  return offlineReason && Object.hasOwn(WORDS, offlineReason) ? WORDS[offlineReason] : undefined;
}
