import { MemoryJournal, type Journal, type MemoryJournalOptions } from '../../src/journal/index.js';
import type { Runtime } from '../../src/protocol/index.js';
import type { HistoryObserver } from '../../src/relay/engine/nats/history/history-observer.js';
import { JetStreamHistoryOptions } from '../../src/relay/engine/nats/history/history.options.js';
import { JetStreamHistories } from '../../src/relay/engine/nats/history/jetstream-histories.js';
import { FakeHistoryStream } from './fake-history-stream.js';
import { ManualClock } from './manual-clock.js';

/** The connection of one node. */
export class FakeLink {
  state: 'connected' | 'away' = 'connected';
  private readonly watchers = new Set<(state: 'connected' | 'away') => void>();

  watch(watcher: (state: 'connected' | 'away') => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  become(state: 'connected' | 'away'): void {
    this.state = state;
    for (const watcher of this.watchers) watcher(state);
  }
}

/** Nodes over the same streams in memory. */
export class FakeHistoryWorld {
  readonly clock = new ManualClock();
  readonly events: FakeHistoryStream;
  readonly records: FakeHistoryStream;
  readonly told: string[] = [];

  constructor(
    private readonly options: Partial<JetStreamHistoryOptions> = {},
    private readonly limits: MemoryJournalOptions = {},
  ) {
    this.events = new FakeHistoryStream(() => this.clock.now());
    this.records = new FakeHistoryStream(() => this.clock.now());
  }

  node(link = new FakeLink()): JetStreamHistories {
    const observer: HistoryObserver = {
      published: () => undefined,
      reverted: (environmentId, entries) => this.told.push(`${environmentId} reverted ${entries}`),
      failed: (environmentId) => this.told.push(`${environmentId} failed`),
      fenced: (environmentId) => this.told.push(`${environmentId} fenced`),
    };
    const { clock, events, records } = this;
    return new JetStreamHistories({
      link,
      streams: [{ events, records }],
      openCache: () => new MemoryJournal(this.limits),
      options: Object.assign(new JetStreamHistoryOptions(), this.options),
      clock,
      observer,
    });
  }
}

/** What a journal shows of a runtime, but for positions, which are its own. */
export function shown(journal: Journal, runtime: Runtime): object {
  return {
    entries: journal
      .read(runtime, 0, Infinity)
      .map(({ epoch, seq, through, type, frame }) => ({ epoch, seq, through, type, frame })),
    epochs: journal.epochs(runtime),
    kept: [...journal.kept(runtime)],
  };
}
