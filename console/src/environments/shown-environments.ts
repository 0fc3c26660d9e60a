import type { EnvironmentRecord } from 'twinlane/client';
import { factsOf } from './environment-facts.js';

export const ORDERS = ['presence', 'name', 'seen'] as const;
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
const bySeen = (a: EnvironmentRecord, b: EnvironmentRecord): number => b.lastSeenAt - a.lastSeenAt;
const rank = ({ connectionId, awaySince }: EnvironmentRecord): number =>
  connectionId === null ? 2 : typeof awaySince === 'number' ? 1 : 0;

const COMPARE: Readonly<Record<Order, (a: EnvironmentRecord, b: EnvironmentRecord) => number>> = {
  name: byName,
  seen: (a, b) => bySeen(a, b) || byName(a, b),
  // Those that are online stay where they are while they are; what is offline shows what was seen last first.
  presence: (a, b) => rank(a) - rank(b) || (rank(a) === 2 ? bySeen(a, b) : 0) || byName(a, b),
};

function textOf(environment: EnvironmentRecord): string {
  const { connectionName, id, deviceId, connectionId, awaySince } = environment;
  const { directory, mode, branch } = factsOf(environment);
  const state = connectionId === null ? 'offline' : typeof awaySince === 'number' ? 'away' : 'online';
  return [connectionName, id, deviceId, directory, mode, branch, state].join('\n').toLowerCase();
}
