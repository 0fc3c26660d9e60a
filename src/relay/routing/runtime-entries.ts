import type { Journal } from '../../journal/index.js';
import { isRecord, type Runtime, type RuntimeEntry, type RuntimePage } from '../../protocol/index.js';
import type { PendingApprovals } from './pending-approvals.js';
import type { ReplayTurns } from './replay-turns.js';
import type { RuntimeRecord, Runtimes } from './runtimes.js';

/** What is known of the runtimes of one environment. */
export interface RuntimeSources {
  readonly journal: Journal;
  readonly runtimes: Runtimes;
  readonly approvals: PendingApprovals;
  readonly turns: ReplayTurns;
}

/**
 * The runtimes of which there are events, newest first. The newest event of each is read and parsed once, in turn with whoever reads
 * what is old: a list of many large ones keeps nobody waiting.
 *
 * @param limit entries at most
 */
export async function runtimeEntries(sources: RuntimeSources, limit: number): Promise<RuntimePage> {
  const { journal } = sources;
  const kept = journal.runtimes().filter((runtime) => eventsOf(journal, runtime) > 0);
  const shown = kept.slice(-limit).toReversed();
  const entries: RuntimeEntry[] = [];
  for (const runtime of shown) entries.push(...(await entryOf(sources, runtime)));
  return { runtimes: entries, hasMore: kept.length > limit };
}

async function entryOf(
  { journal, runtimes, approvals, turns }: RuntimeSources,
  runtime: Runtime,
): Promise<RuntimeEntry[]> {
  const record = runtimes.of(runtime);
  const { head } = journal.bounds(runtime);
  if (record.emitted?.position !== head) {
    await turns.turn();
    readNewest(journal, record);
  }
  const { loopStatus, agentTitle, inputTitle, emitted, history } = record;
  const title = agentTitle ?? inputTitle;
  const { newest } = history;
  const events = eventsOf(journal, runtime);
  // It may have gone meanwhile.
  if (!newest || events <= 0) return [];
  return [
    {
      runtime,
      events,
      ...newest,
      lastEventAt: emitted?.at ?? null,
      ...(title === undefined ? {} : { title }),
      ...(loopStatus === undefined ? {} : { loopStatus }),
      pendingApprovals: approvals.of(runtime).length,
    },
  ];
}

/** One that is not committed yet is read the next time. */
function readNewest(journal: Journal, record: RuntimeRecord): void {
  const { head: position } = journal.bounds(record.runtime);
  const [entry] = journal.read(record.runtime, position - 1, 1);
  if (entry) record.emitted = { position, at: emittedAt(entry.frame) };
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
