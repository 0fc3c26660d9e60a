import type { EnvironmentRecord } from 'twinlane/client';
import { factsOf, waitingIn, waitingText } from './environment-facts.js';

export const ORDERS = ['presence', 'name', 'seen'] as const;
const STATES = ['online', 'away', 'offline'] as const;
export type Order = (typeof ORDERS)[number];

/** Those that hold every word of the filter, in order. */
export function shownEnvironments(
  all: readonly EnvironmentRecord[],
  filter: string,
  order: Order,
): readonly EnvironmentRecord[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return all
    .filter((environment) => {
      const text = textOf(environment);
      return words.every((word) => text.includes(word));
    })
    .toSorted(COMPARE[order]);
}

const byName = (a: EnvironmentRecord, b: EnvironmentRecord): number =>
  a.connectionName.localeCompare(b.connectionName, undefined, { numeric: true }) || a.id.localeCompare(b.id);
const bySeen = (a: EnvironmentRecord, b: EnvironmentRecord): number => seenAt(b) - seenAt(a);
/** One that is online is seen now: when it was last heard of is no change, so that the list need not know it. */
const seenAt = (environment: EnvironmentRecord): number =>
  stateOf(environment) === 'online' ? Number.MAX_SAFE_INTEGER : environment.lastSeenAt;
/** Those that wait for a person come first: they are what one looks for. */
const rank = (environment: EnvironmentRecord): number =>
  waitingIn(environment) > 0 ? -1 : STATES.indexOf(stateOf(environment));
const isOffline = ({ connectionId }: EnvironmentRecord): boolean => connectionId === null;

const COMPARE: Readonly<Record<Order, (a: EnvironmentRecord, b: EnvironmentRecord) => number>> = {
  name: byName,
  seen: (a, b) => bySeen(a, b) || byName(a, b),
  // Those that are online stay where they are while they are; what is offline shows what was seen last first.
  presence: (a, b) => rank(a) - rank(b) || (isOffline(a) ? bySeen(a, b) : 0) || byName(a, b),
};

function stateOf({ connectionId, awaySince }: EnvironmentRecord): (typeof STATES)[number] {
  if (connectionId === null) return 'offline';
  return typeof awaySince === 'number' ? 'away' : 'online';
}

function textOf(environment: EnvironmentRecord): string {
  const { connectionName, id, deviceId } = environment;
  const { directory, mode, branch } = factsOf(environment);
  const waiting = waitingIn(environment);
  const asks = waiting === 0 ? '' : waitingText(waiting);
  return [connectionName, id, deviceId, directory, mode, branch, stateOf(environment), asks].join('\n').toLowerCase();
}
