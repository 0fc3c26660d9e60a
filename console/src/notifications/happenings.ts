import type { RuntimeEntry } from 'twinlane/client';
import { runtimeKey, type Runtime } from 'twinlane/protocol';

/** Something that a person may want to know of while they look elsewhere. */
export interface Happening {
  readonly kind: 'approval' | 'finished';
  readonly runtime: Runtime;
}

const IDLE = 'WAITING_ON_INPUT';

/** What has happened between two looks at the runtimes of an environment; the first look tells nothing. */
export function happeningsBetween(before: readonly RuntimeEntry[], now: readonly RuntimeEntry[]): readonly Happening[] {
  const known = new Map(before.map((entry) => [runtimeKey(entry.runtime), entry]));
  return now.flatMap((entry): Happening[] => {
    const { runtime, loopStatus, pendingApprovals } = entry;
    const earlier = known.get(runtimeKey(runtime));
    if (pendingApprovals > (earlier?.pendingApprovals ?? 0)) return [{ kind: 'approval', runtime }];
    const wasBusy = earlier?.loopStatus !== undefined && earlier.loopStatus !== IDLE;
    return wasBusy && loopStatus === IDLE ? [{ kind: 'finished', runtime }] : [];
  });
}

export function waitingIn(entries: readonly RuntimeEntry[]): number {
  return entries.reduce((sum, { pendingApprovals }) => sum + pendingApprovals, 0);
}
