import { sleep, type EnvironmentChanges, type EnvironmentRecord } from '../protocol/index.js';
import { AsyncQueue } from './async-queue.js';
import type { ClientContext } from './client-options.js';
import { RelayRefusedError, TokenRefusedError } from './client.error.js';

/** What has become of one environment. */
export interface EnvironmentChange {
  readonly kind: 'appeared' | 'changed' | 'gone';
  /** As it is now; as it was, where it is gone. */
  readonly environment: EnvironmentRecord;
}

/** The environments at one moment. */
export interface EnvironmentsUpdate {
  readonly environments: readonly EnvironmentRecord[];
  /** Since the update before; in the first, all have appeared. */
  readonly changes: readonly EnvironmentChange[];
  /** Why the relay could not be asked; the list is then what it was. */
  readonly error?: Error;
}

/** What a watch asks the relay. */
export interface EnvironmentSource {
  /** All that are wanted. */
  list(): Promise<readonly EnvironmentRecord[]>;
  /** What has changed; undefined where the relay cannot be asked for that. */
  changes(since: string | undefined): Promise<EnvironmentChanges | undefined>;
  /** Whether one that has changed is wanted. */
  wants(environment: EnvironmentRecord): boolean;
}

/** Yields a first list, and then each that differs, or that could not be had when the one before could. */
export function watchEnvironments(
  context: ClientContext,
  source: EnvironmentSource,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<EnvironmentsUpdate, undefined> {
  const life = new AbortController();
  // Whoever has left, or has yet to take what there is, needs no newer list.
  let taken: () => void = () => {};
  const updates = new AsyncQueue<EnvironmentsUpdate>((queue) => {
    if (queue.ended) life.abort();
    taken();
  });
  const wanted = (): Promise<void> =>
    updates.ended || updates.unreadBytes === 0 ? Promise.resolve() : new Promise((resolve) => (taken = resolve));
  void new EnvironmentPolls(context, source, (update) => updates.push(update, 1), wanted)
    .run(life.signal)
    .catch((error: unknown) => updates.finish(error instanceof Error ? error : new Error(String(error))));
  return updates.until(signal);
}

class EnvironmentPolls {
  private known: ReadonlyMap<string, EnvironmentRecord> | undefined;
  /** From where on changes are asked for. */
  private cursor: string | undefined;
  private failures = 0;

  constructor(
    private readonly context: ClientContext,
    private readonly source: EnvironmentSource,
    private readonly publish: (update: EnvironmentsUpdate) => void,
    private readonly wanted: () => Promise<void>,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.context;
    while (!signal.aborted) {
      const waitMs = await this.ask();
      await sleep(clock, waitMs, signal);
      await this.wanted();
    }
  }

  /** @returns when to ask again, in ms */
  private async ask(): Promise<number> {
    const { watchMs, backoffMaxMs } = this.context.limits;
    try {
      const environments = await this.look();
      if (environments) this.learn(environments);
      this.failures = 0;
      return watchMs;
    } catch (error) {
      if (error instanceof TokenRefusedError || !(error instanceof Error)) throw error;
      if (this.failures++ === 0) this.publish({ environments: [...(this.known?.values() ?? [])], changes: [], error });
      const askedMs = error instanceof RelayRefusedError ? (error.retryAfterMs ?? 0) : 0;
      return Math.max(askedMs, Math.min(watchMs * 2 ** this.failures, backoffMaxMs));
    }
  }

  /** What there is now; undefined: nothing has changed. All is asked for only where the relay cannot tell what has. */
  private async look(): Promise<ReadonlyMap<string, EnvironmentRecord> | undefined> {
    const { source, known } = this;
    const now = new Map(known);
    let isOther = this.failures > 0;
    let page = await source.changes(this.cursor);
    // At first there is no cursor, and nothing is recovered.
    while (page?.recovered) {
      const { cursor } = page;
      for (const id of page.gone) isOther = now.delete(id) || isOther;
      for (const environment of page.changed) {
        isOther = true;
        if (source.wants(environment)) now.set(environment.id, environment);
        else now.delete(environment.id);
      }
      if (!page.hasMore) {
        this.cursor = cursor;
        return isOther ? now : undefined;
      }
      page = await source.changes(cursor);
      // It would be asked the same for ever.
      if (page?.hasMore && page.cursor === cursor) break;
    }
    const all = await source.list();
    this.cursor = page?.cursor;
    return new Map(all.map((environment) => [environment.id, environment]));
  }

  private learn(now: ReadonlyMap<string, EnvironmentRecord>): void {
    const { known, failures } = this;
    this.known = now;
    const changes = changesBetween(known ?? new Map(), now);
    if (!known || changes.length > 0 || failures > 0) this.publish({ environments: [...now.values()], changes });
  }
}

function changesBetween(
  before: ReadonlyMap<string, EnvironmentRecord>,
  now: ReadonlyMap<string, EnvironmentRecord>,
): EnvironmentChange[] {
  const changes: EnvironmentChange[] = [];
  for (const [id, environment] of now) {
    const was = before.get(id);
    if (!was) changes.push({ kind: 'appeared', environment });
    else if (was !== environment && JSON.stringify(was) !== JSON.stringify(environment))
      changes.push({ kind: 'changed', environment });
  }
  for (const [id, environment] of before) if (!now.has(id)) changes.push({ kind: 'gone', environment });
  return changes;
}
