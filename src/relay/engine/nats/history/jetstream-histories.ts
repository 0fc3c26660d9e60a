import type { Journal } from '../../../../journal/index.js';
import { type Clock, sleep, type Timer } from '../../../../protocol/index.js';
import type { HistoryObserver } from './history-observer.js';
import type { HistoryStream } from './history-stream.js';
import { HistorySubjects, partitionOf } from './history-subjects.js';
import { HistoryClosedError } from './history-stream.js';
import type { JetStreamHistoryOptions } from './history.options.js';
import { type HistoryNode, JetStreamJournal } from './jetstream-journal.js';
import { emptyCache, LeftHistories } from './left-histories.js';
import { loadHistories } from './load-histories.js';
import { Turnstile } from './turnstile.js';

/** Environments that one node loads at the same time: each takes memory, and more at once are no faster. */
const LOADS_AT_ONCE = 8;

/** The two streams of one partition. */
export interface HistoryStreams {
  readonly events: HistoryStream;
  readonly records: HistoryStream;
}

/** What histories need of the connection to NATS. */
export interface HistoryLink {
  readonly state: 'connected' | 'away';
  /** Calls `watcher` whenever `state` changes. @returns ends that */
  watch(watcher: (state: 'connected' | 'away') => void): () => void;
}

export interface JetStreamHistoriesParts {
  readonly link: HistoryLink;
  /** One for each partition. */
  readonly streams: readonly HistoryStreams[];
  /** Opens a journal of this node, on its disk or in memory; what it has from earlier is let go of. */
  readonly openCache: (environmentId: string) => Journal;
  readonly options: JetStreamHistoryOptions;
  readonly clock: Clock;
  readonly observer: HistoryObserver;
}

/** A history that is on its way into the cache. */
class Loading {
  /** Nobody has taken the environment away meanwhile. */
  isWanted = true;
  end = (): void => {};
  readonly ended = new Promise<void>((resolve) => (this.end = resolve));
}

/** The histories of the environments whose home this node is, kept by JetStream. */
export class JetStreamHistories implements HistoryNode {
  readonly clock: Clock;
  readonly observer: HistoryObserver;
  readonly maxBatchBytes: number;
  readonly maxAgeMs: number;
  private readonly journals = new Map<string, JetStreamJournal>();
  /** By environment: what is being loaded. */
  private readonly loadings = new Map<string, Loading>();
  private readonly left: LeftHistories;
  private readonly loads = new Turnstile(LOADS_AT_ONCE);
  private readonly unwatch: () => void;
  private readonly maxUnacknowledgedBytes: number;
  private unacknowledgedBytes = 0;
  private unacknowledgedEvents = 0;
  private waiting: (() => void)[] = [];
  private timer: Timer | undefined;

  constructor(private readonly parts: JetStreamHistoriesParts) {
    const { link, options, clock, observer } = parts;
    this.clock = clock;
    this.observer = observer;
    this.maxBatchBytes = options.maxBatchBytes;
    this.maxAgeMs = options.maxAgeMs ?? Infinity;
    this.left = new LeftHistories(options.maxLeftBytes);
    this.maxUnacknowledgedBytes = options.maxUnacknowledgedBytes;
    this.unwatch = link.watch((state) => {
      if (state === 'connected') for (const journal of this.journals.values()) journal.doubt();
    });
    this.upkeepLater();
  }

  /**
   * Loads what JetStream has of an environment, but for what this node has of it already; from then on `open` gives its journal. What
   * was open of it before is closed.
   *
   * @param term which home this is: higher than that of every earlier one, whose writes are refused from now on
   * @throws Error while NATS is away
   */
  async prepare(environmentId: string, term: number): Promise<void> {
    const earlier = this.loadings.get(environmentId);
    if (earlier) earlier.isWanted = false;
    const loading = new Loading();
    this.loadings.set(environmentId, loading);
    await earlier?.ended;
    try {
      await this.load(environmentId, term, loading);
    } finally {
      if (this.loadings.get(environmentId) === loading) this.loadings.delete(environmentId);
      loading.end();
    }
  }

  private async load(environmentId: string, term: number, loading: Loading): Promise<void> {
    await this.closeJournal(environmentId);
    const { subjects, streams } = this.placeOf(environmentId);
    const source = {
      ...streams,
      maxAgeMs: this.maxAgeMs,
      unreadable: (error: Error) => this.observer.failed(environmentId, error),
    };
    const left = this.left.take(environmentId);
    const cache = left?.cache ?? this.parts.openCache(environmentId);
    try {
      const loaded = await this.loads.pass(() =>
        loadHistories(source, subjects, cache, this.clock.now(), left?.runtimes),
      );
      if (!loading.isWanted) throw new HistoryClosedError('The environment was given back');
      this.journals.set(
        environmentId,
        new JetStreamJournal({ environmentId, term, subjects, ...streams }, this, cache, loaded),
      );
    } catch (error) {
      // Nobody knows any more that it is there.
      emptyCache(cache);
      throw error;
    }
  }

  /** @throws Error when this environment was not prepared */
  open(environmentId: string): Journal {
    const journal = this.journals.get(environmentId);
    if (!journal) throw new Error(`The history of environment ${environmentId} is not at this node: prepare it first.`);
    return journal;
  }

  /** This node is the home no more: waits for what is on its way, unless NATS is away, and keeps nothing of it. */
  async release(environmentId: string): Promise<void> {
    await this.unwanted(environmentId)?.ended;
    await this.closeJournal(environmentId);
  }

  /** Another node is the home: nothing more of this one is written. */
  abandon(environmentId: string): void {
    this.unwanted(environmentId);
    const journal = this.journals.get(environmentId);
    if (!journal) return;
    journal.abandon(new HistoryClosedError('Another node has taken over the environment'));
    this.letGo(environmentId, journal);
  }

  /** Lets go of all there is of an environment, also in the streams. @throws Error while NATS is away */
  async delete(environmentId: string): Promise<void> {
    const loading = this.unwanted(environmentId);
    const journal = this.journals.get(environmentId);
    this.abandon(environmentId);
    // What arrived after the purge would be there for whoever registers under this name again.
    await Promise.all([loading?.ended, journal?.arrived()]);
    this.left.drop(environmentId);
    const { subjects, streams } = this.placeOf(environmentId);
    await streams.events.purge(subjects.allEvents);
    await streams.records.purge(subjects.allRecords);
  }

  /** The environment was deleted, perhaps by another node: nothing stays of what was kept for when it comes back. */
  forget(environmentId: string): void {
    this.left.drop(environmentId);
  }

  /** Waits for what is on its way, unless NATS is away. */
  async close(): Promise<void> {
    this.timer?.cancel();
    const all = new Set([...this.journals.keys(), ...this.loadings.keys()]);
    await Promise.all([...all].map((environmentId) => this.release(environmentId)));
    this.unwatch();
    for (const resume of this.waiting.splice(0)) resume();
  }

  /** What waits for the streams. */
  get unacknowledged(): { readonly events: number; readonly bytes: number } {
    return { events: this.unacknowledgedEvents, bytes: this.unacknowledgedBytes };
  }

  get mayHold(): boolean {
    return this.unacknowledgedBytes < this.maxUnacknowledgedBytes;
  }

  counted(bytes: number): void {
    this.unacknowledgedBytes += bytes;
    // It is told of one event at a time.
    this.unacknowledgedEvents += Math.sign(bytes);
    if (this.waiting.length > 0 && this.mayHold) for (const resume of this.waiting.splice(0)) resume();
  }

  room(): Promise<void> {
    return this.mayHold ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }

  async retry(): Promise<boolean> {
    const { link, options } = this.parts;
    const isAway = link.state === 'away';
    if (!isAway) await sleep(this.clock, options.retryMs);
    else
      await new Promise<void>((resolve) => {
        const unwatch = link.watch((state) => {
          if (state === 'away') return;
          unwatch();
          resolve();
        });
      });
    return isAway;
  }

  /** What is being loaded of it does not become its journal. */
  private unwanted(environmentId: string): Loading | undefined {
    const loading = this.loadings.get(environmentId);
    if (loading) loading.isWanted = false;
    return loading;
  }

  private async closeJournal(environmentId: string): Promise<void> {
    const journal = this.journals.get(environmentId);
    if (!journal) return;
    await journal.close();
    this.letGo(environmentId, journal);
  }

  private letGo(environmentId: string, journal: JetStreamJournal): void {
    if (this.journals.get(environmentId) !== journal) return;
    this.journals.delete(environmentId);
    this.left.put(environmentId, { cache: journal.cache, runtimes: journal.left });
  }

  private placeOf(environmentId: string): { readonly subjects: HistorySubjects; readonly streams: HistoryStreams } {
    const partition = partitionOf(environmentId, this.parts.streams.length);
    const streams = this.parts.streams[partition];
    if (!streams) throw new Error('Histories need one pair of streams at least.');
    return { subjects: new HistorySubjects(environmentId, partition), streams };
  }

  private upkeepLater(): void {
    this.timer = this.clock.after(this.parts.options.upkeepMs, () => {
      for (const journal of this.journals.values()) journal.upkeep();
      this.upkeepLater();
    });
  }
}
