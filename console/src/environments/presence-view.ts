import type { EnvironmentRecord, OfflineReason } from 'twinlane/client';
import { duration, timeAgo, type Tone } from '../ui/index.js';

/** How an environment is tied to the relay, in words. */
export interface PresenceView {
  readonly state: 'online' | 'away' | 'offline';
  readonly tone: Tone;
  /** Since when; of one that is offline also why, in few words. */
  readonly since: string;
  /** What it means, and what to do, where something is off. */
  readonly reason?: string;
}

/** A reason in few words, before how long ago that was, and in full. */
interface Words {
  readonly short: string;
  readonly full: string;
}

const NOT_CONNECTED: Words = { short: 'seen', full: 'Its listener is not connected.' };

const REASONS: Readonly<Record<OfflineReason, Words>> = {
  stopped: { short: 'stopped', full: 'Its listener was stopped.' },
  lost: {
    short: 'lost',
    full: 'The connection of its listener was lost, and it did not come back: its machine may be off, asleep, or without a network.',
  },
  'access-ended': {
    short: 'token ended',
    full: 'The token of its listener was revoked or has expired. Start the listener with another one.',
  },
  released: {
    short: 'released',
    full: 'An admin released it, and its listener stopped. Whoever registers it next owns it.',
  },
  'never-connected': {
    short: 'registered',
    full: 'Its listener has registered, and opened no connection since. If that stays so, something between the two may let no WebSockets through.',
  },
  'relay-restarted': {
    short: 'relay restarted, seen',
    full: 'The relay was restarted, and its listener has not come back since.',
  },
};

/** @param now epoch ms */
export function presenceView(environment: EnvironmentRecord, now: number): PresenceView {
  const { connectionId, awaySince, connectedAt, currentLink } = environment;
  if (connectionId === null) return offlineView(environment, now);
  if (typeof awaySince === 'number')
    return {
      state: 'away',
      tone: 'warn',
      since: `for ${duration(now - awaySince)}`,
      reason: `The connection of its listener broke. Commands wait until it is back${lossOf(currentLink)}.`,
    };
  return {
    state: 'online',
    tone: 'good',
    since: connectedAt === null ? '' : `for ${duration(now - connectedAt)}`,
  };
}

function offlineView({ offlineReason, offlineSince, lastSeenAt }: EnvironmentRecord, now: number): PresenceView {
  // Other relays say nothing of it, and newer ones may have more reasons.
  const known = offlineReason && Object.hasOwn(REASONS, offlineReason) ? REASONS[offlineReason] : undefined;
  const { short, full } = known ?? NOT_CONNECTED;
  const at = known ? (offlineSince ?? lastSeenAt) : lastSeenAt;
  return {
    state: 'offline',
    tone: 'quiet',
    since: `${short} ${timeAgo(at, now)}`,
    reason: `${full} What it has sent is kept; it takes no commands until the listener is back.`,
  };
}

function lossOf(link: EnvironmentRecord['currentLink']): string {
  if (!link) return '';
  return link.resumable ? ', and nothing is lost meanwhile' : ', and what was on its way may be lost';
}
