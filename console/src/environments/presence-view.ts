import type { EnvironmentRecord } from 'twinlane/client';
import { duration, timeAgo, type Tone } from '../ui/index.js';

/** How an environment is tied to the relay, in words. */
export interface PresenceView {
  readonly state: 'online' | 'away' | 'offline';
  readonly tone: Tone;
  /** Since when. */
  readonly since: string;
  /** What it means, and what to do, where something is off. */
  readonly reason?: string;
}

/** @param now epoch ms */
export function presenceView(environment: EnvironmentRecord, now: number): PresenceView {
  const { connectionId, awaySince, connectedAt, lastSeenAt, currentLink } = environment;
  if (connectionId === null)
    return {
      state: 'offline',
      tone: 'quiet',
      since: `seen ${timeAgo(lastSeenAt, now)}`,
      reason:
        'Its listener is not connected. What it has sent is kept; it takes no commands until the listener is back.',
    };
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

function lossOf(link: EnvironmentRecord['currentLink']): string {
  if (!link) return '';
  return link.resumable ? ', and nothing is lost meanwhile' : ', and what was on its way may be lost';
}
