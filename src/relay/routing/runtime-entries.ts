import type { Journal } from '../../journal/index.js';
import { isRecord, type Runtime, type RuntimeEntry, type RuntimePage } from '../../protocol/index.js';
import type { PendingApprovals } from './pending-approvals.js';
import type { Runtimes } from './runtimes.js';

/** What is known of the runtimes of one environment. */
export interface RuntimeSources {
  readonly journal: Journal;
  readonly runtimes: Runtimes;
  readonly approvals: PendingApprovals;
}

/** The runtimes of which there are events, newest first. @param limit entries at most */
export function runtimeEntries(sources: RuntimeSources, limit: number): RuntimePage {
  const { journal } = sources;
  const kept = journal.runtimes().filter((runtime) => eventsOf(journal, runtime) > 0);
  const shown = kept.slice(-limit).toReversed();
  return { runtimes: shown.flatMap((runtime) => entryOf(sources, runtime)), hasMore: kept.length > limit };
}

function entryOf({ journal, runtimes, approvals }: RuntimeSources, runtime: Runtime): RuntimeEntry[] {
  const { head } = journal.bounds(runtime);
  const [newest] = journal.read(runtime, head - 1, 1);
  // It is not committed yet: the next question finds it.
  if (!newest) return [];
  const { epoch, through: seq, frame } = newest;
  const { loopStatus, agentTitle, inputTitle } = runtimes.known(runtime) ?? {};
  const title = agentTitle ?? inputTitle;
  return [
    {
      runtime,
      events: eventsOf(journal, runtime),
      epoch,
      seq,
      lastEventAt: emittedAt(frame),
      ...(title === undefined ? {} : { title }),
      ...(loopStatus === undefined ? {} : { loopStatus }),
      pendingApprovals: approvals.of(runtime).length,
    },
  ];
}

function eventsOf(journal: Journal, runtime: Runtime): number {
  const { oldest, head } = journal.bounds(runtime);
  return head - oldest + 1;
}

/** In epoch ms. A stock device may say anything, or nothing. */
function emittedAt(frame: string | undefined): number | null {
  const event: unknown = frame === undefined ? undefined : JSON.parse(frame);
  const at = isRecord(event) ? event['emitted_at'] : undefined;
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
