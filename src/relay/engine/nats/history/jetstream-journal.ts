import type { EpochSpan, Journal, JournalBounds, JournalEntry, NewEntry, NewGap } from '../../../../journal/index.js';
import { type Clock, type Runtime, RuntimeMap } from '../../../../protocol/index.js';
import type { HistoryObserver } from './history-observer.js';
import { FencedError, HistoryClosedError, type HistoryStream } from './history-stream.js';
import type { HistorySubjects } from './history-subjects.js';
import type { Keeping } from './keep-names.js';
import type { LoadedRuntime } from './load-histories.js';
import type { LeftRuntime } from './runtime-loader.js';
import { RuntimeStream } from './runtime-stream.js';
import type { RuntimeStreamHost } from './runtime-stream.host.js';
import { StreamMarks } from './stream-marks.js';

/** What the journals of one node share. */
export interface HistoryNode {
  readonly clock: Clock;
  readonly observer: HistoryObserver;
  readonly maxBatchBytes: number;
  /** What is older the streams have let go of, in ms. */
  readonly maxAgeMs: number;
  /** Whether frames that the streams do not have yet may stay in memory. */
  readonly mayHold: boolean;
  /** More waits for the streams, or less (bytes). */
  counted(bytes: number): void;
  /** Resolves when less waits for the streams than may. */
  room(): Promise<void>;
  /** Resolves when what failed may be tried again. @returns whether NATS was away */
  retry(): Promise<boolean>;
}

/** Where the journal of one environment writes. */
export interface JournalPlace {
  readonly environmentId: string;
  /** Which home this is: later ones have higher terms. */
  readonly term: number;
  readonly events: HistoryStream;
  readonly records: HistoryStream;
  readonly subjects: HistorySubjects;
}

/**
 * The journal of one environment at its home: a cache that has everything first, and the streams that keep it. Readers see what both
 * have; `committed` rejects with FencedError once another node is the home. It is `full` when its cache is: what waits for the
 * streams makes `room()` wait, but letting go of what is old would not help there.
 */
export class JetStreamJournal implements Journal, RuntimeStreamHost {
  readonly term: number;
  readonly events: HistoryStream;
  readonly records: HistoryStream;
  readonly subjects: HistorySubjects;
  readonly clock: Clock;
  readonly maxBatchBytes: number;
  readonly maxAgeMs: number;
  private readonly streams = new RuntimeMap<RuntimeStream>();
  /** Runtimes that the streams are about to let go of. */
  private readonly removals = new RuntimeMap<Promise<void>>();
  private over: Error | undefined;

  /** @param loaded what the cache has */
  constructor(
    private readonly place: JournalPlace,
    private readonly node: HistoryNode,
    readonly cache: Journal,
    loaded: readonly LoadedRuntime[],
  ) {
    const { term, events, records, subjects } = place;
    this.term = term;
    this.events = events;
    this.records = records;
    this.subjects = subjects;
    this.clock = node.clock;
    this.maxBatchBytes = node.maxBatchBytes;
    this.maxAgeMs = node.maxAgeMs;
    for (const { runtime, place: at } of loaded) this.streams.set(runtime, new RuntimeStream(runtime, this, at));
  }

  append(runtime: Runtime, { keep, keepText, drop, ...named }: NewEntry): JournalEntry {
    return this.added(runtime, this.cache.append(runtime, named), { keep, keepText, drop });
  }

  appendGap(runtime: Runtime, gap: NewGap): JournalEntry {
    return this.added(runtime, this.cache.appendGap(runtime, gap), {});
  }

  committed(runtime: Runtime, position: number): Promise<void> {
    return this.streamOf(runtime).committed(position);
  }

  read(runtime: Runtime, after: number, limit: number): readonly JournalEntry[] {
    return this.streams.get(runtime)?.read(after, limit) ?? [];
  }

  bounds(runtime: Runtime): JournalBounds {
    return this.cache.bounds(runtime);
  }

  find(runtime: Runtime, epoch: string, seq: number): number | undefined {
    return this.cache.find(runtime, epoch, seq);
  }

  last(runtime: Runtime, epoch: string): { readonly seq: number; readonly position: number } | undefined {
    return this.cache.last(runtime, epoch);
  }

  epochs(runtime: Runtime): readonly EpochSpan[] {
    return this.cache.epochs(runtime);
  }

  kept(runtime: Runtime): ReadonlyMap<string, string> {
    return this.streams.get(runtime)?.kept ?? new Map<string, string>();
  }

  drop(runtime: Runtime, name: string): void {
    this.streams.get(runtime)?.drop(name);
  }

  release(runtime: Runtime, through: number): void {
    this.cache.release(runtime, through);
  }

  passed(runtime: Runtime, through: number): void {
    this.cache.passed(runtime, through);
  }

  released(runtime: Runtime): number {
    return this.cache.released(runtime);
  }

  forget(runtime: Runtime): void {
    this.cache.forget(runtime);
  }

  remove(runtime: Runtime): void {
    this.cache.remove(runtime);
    const stream = this.streams.get(runtime);
    if (!stream) return;
    this.streams.delete(runtime);
    const removal = stream.remove(new HistoryClosedError('The runtime was removed'));
    this.removals.set(runtime, removal);
    void removal.then(() => {
      if (this.removals.get(runtime) === removal) this.removals.delete(runtime);
    });
  }

  async room(): Promise<void> {
    await this.cache.room();
    await this.node.room();
  }

  get full(): boolean {
    return this.cache.full;
  }

  get bytes(): number {
    return this.cache.bytes;
  }

  runtimes(): readonly Runtime[] {
    return this.cache.runtimes();
  }

  /** Waits for what is on its way, and writes down what outlives the events, unless NATS is away. */
  async close(): Promise<void> {
    await this.flushed();
    this.upkeep();
    await this.flushed();
    this.abandon(new HistoryClosedError('The relay let go of the environment'));
    await this.cache.close();
  }

  /** Nothing more goes into the streams. */
  abandon(error: Error): void {
    if (this.over) return;
    this.over = error;
    for (const stream of this.streams.values()) stream.abandon(error);
  }

  /** Resolves when nothing of it can arrive in the streams any more, once it was abandoned. */
  async arrived(): Promise<void> {
    await Promise.all([...this.streams.values()].map((stream) => stream.arrived()));
  }

  get isOver(): boolean {
    return this.over !== undefined;
  }

  /** What a later home at this node can go on from, with this cache. */
  get left(): readonly LeftRuntime[] {
    return [...this.streams.values()].flatMap(({ left }) => left ?? []);
  }

  /** NATS was away: looks what the streams have, one runtime after the other. Those that write meanwhile do so by themselves. */
  doubt(): void {
    for (const stream of this.streams.values()) stream.doubt();
  }

  /** Writes down what outlives the events, and lets go of those that are not kept any more. */
  upkeep(): void {
    for (const stream of this.streams.values()) stream.upkeep();
  }

  get mayHold(): boolean {
    return this.node.mayHold;
  }

  counted(bytes: number): void {
    this.node.counted(bytes);
  }

  published(entries: number, bytes: number, ms: number): void {
    this.node.observer.published(entries, bytes, ms);
  }

  reverted(entries: number): void {
    this.node.observer.reverted(this.place.environmentId, entries);
  }

  async retry(error: Error): Promise<void> {
    if (!(await this.node.retry())) this.node.observer.failed(this.place.environmentId, error);
  }

  fenced(): void {
    if (this.over) return;
    this.abandon(new FencedError(this.place.environmentId));
    this.node.observer.fenced(this.place.environmentId);
  }

  private async flushed(): Promise<void> {
    await Promise.all([...this.streams.values()].map((stream) => stream.flushed()));
  }

  private added(runtime: Runtime, entry: JournalEntry, keeping: Keeping): JournalEntry {
    this.streamOf(runtime, entry.position - 1).append(entry, keeping);
    return entry;
  }

  private streamOf(runtime: Runtime, sent = this.cache.bounds(runtime).head): RuntimeStream {
    const known = this.streams.get(runtime);
    if (known) return known;
    const { agent_id, conversation_id } = runtime;
    const place = {
      sequence: 0,
      recordSequence: 0,
      at: this.clock.now(),
      marks: new StreamMarks(),
      kept: new Map<string, string>(),
      record: 'current' as const,
    };
    const begins = this.removals.get(runtime);
    const stream = new RuntimeStream({ agent_id, conversation_id }, this, place, sent, begins);
    this.streams.set(runtime, stream);
    if (this.over) stream.abandon(this.over);
    return stream;
  }
}
