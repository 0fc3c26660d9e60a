import type { JournalEntry } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';
import { asError } from './as-error.js';
import { BatchWriter } from './batch-writer.js';
import { WrongSequenceError } from './history-stream.js';
import { keepNames, type Keeping } from './keep-names.js';
import type { LeftRuntime, StreamPlace } from './runtime-loader.js';
import type { RuntimeStreamHost } from './runtime-stream.host.js';
import { isLater, positionOf, type StreamMark, type StreamMarks } from './stream-marks.js';
import { nextEntries } from './next-batch.js';
import { recordedNames, RecordWriter } from './record-writer.js';
import { removeRuntime } from './remove-runtime.js';
import { ShownEntries } from './shown-entries.js';
import { UnacknowledgedEntries } from './unacknowledged-entries.js';

/** So often something else may be newest than what was just looked up, before it is called a failure. */
const MAX_MISSES = 3;

/**
 * One runtime's way into the stream: one batch on its way at a time, each one told which message must be the newest before it. When
 * another one is, it looks what the stream has, and goes on from there.
 */
export class RuntimeStream {
  /** What `keep` has kept by now, by name. */
  readonly kept: Map<string, string>;
  private readonly shown: ShownEntries;
  private readonly batches: BatchWriter;
  private storedAt: number;
  /** What `keep` has kept by entries that the stream has. */
  private readonly storedKept: Map<string, string>;
  private readonly marks: StreamMarks;
  private readonly records: RecordWriter;
  private readonly unacknowledged: UnacknowledgedEntries;
  private readonly subject: string;
  private doing: 'nothing' | 'publishing' | 'waiting' = 'nothing';
  private isDoubtful = false;
  private misses = 0;
  private isUpkeepDue: boolean;
  /** Whether its record says less than there is to say. */
  private isChanged: boolean;
  /** Whether something was to be done since it was last looked. */
  private isWoken = false;
  private running: Promise<void> | undefined;
  private over: Error | undefined;
  /** Oldest position that is kept, as its record says. */
  private recordedOldest: number;
  private purgedBelow = 0;
  private settling: (() => void)[] = [];

  /**
   * @param place where the streams stand, with everything that the cache has
   * @param sent up to which position that is
   * @param begins when it may write to them
   */
  constructor(
    readonly runtime: Runtime,
    private readonly host: RuntimeStreamHost,
    { sequence, recordSequence, at, marks, kept, record }: StreamPlace,
    private sent = host.cache.bounds(runtime).head,
    private readonly begins: Promise<void> = Promise.resolve(),
  ) {
    const { subjects, term } = host;
    this.subject = subjects.events(runtime);
    this.records = new RecordWriter(host.records, subjects.record(runtime), term, recordSequence);
    this.unacknowledged = new UnacknowledgedEntries((bytes) => host.counted(bytes));
    this.batches = new BatchWriter(host, runtime, this.subject, sequence);
    this.storedAt = at;
    this.marks = marks;
    this.kept = new Map(kept);
    this.storedKept = new Map(kept);
    this.shown = new ShownEntries(host.cache, runtime, sent);
    this.recordedOldest = this.oldest;
    // An earlier home was killed before it had written the newest.
    this.isChanged = record === 'behind';
    this.isUpkeepDue = record === 'ahead';
    if (this.isUpkeepDue) this.wake();
  }

  /** An entry that the cache has now. */
  append(entry: JournalEntry, { keep, keepText = entry.frame, drop }: Keeping): void {
    keepNames(this.kept, { keep, keepText, drop }, entry.frame);
    if (this.over) return;
    const { position, frame } = entry;
    this.unacknowledged.add({
      position,
      size: frame?.length ?? 0,
      entry: this.host.mayHold ? entry : undefined,
      keep,
      keepText: keep === undefined ? undefined : keepText,
      drop,
    });
    if (this.doing === 'waiting') this.skipDropped();
    this.wake();
  }

  /** What was kept under this name is over, though no event says so. */
  drop(name: string): void {
    this.kept.delete(name);
    this.storedKept.delete(name);
    this.unacknowledged.over(name);
    this.isChanged = true;
  }

  /** Entries after a position that readers may see. */
  read(after: number, limit: number): readonly JournalEntry[] {
    return this.shown.read(after, limit);
  }

  /** Resolves when readers see the entry at this position. */
  committed(position: number): Promise<void> {
    return this.shown.committed(position);
  }

  /** The stream may have something else than it had: looks what it has. */
  doubt(): void {
    this.isDoubtful = true;
    this.wake();
  }

  /** Time to write down what outlives the events, and to let go of those that are not kept any more. */
  upkeep(): void {
    if (!this.isChanged && this.oldest === this.recordedOldest) return;
    this.isUpkeepDue = true;
    this.wake();
  }

  /** Resolves when the streams have everything, or do not take it now. */
  flushed(): Promise<void> {
    if (!this.running || this.doing === 'waiting') return Promise.resolve();
    return new Promise((resolve) => this.settling.push(resolve));
  }

  /** Resolves when nothing is on its way to the streams, once it was abandoned. */
  async arrived(): Promise<void> {
    if (this.doing !== 'waiting') await this.running;
  }

  /** Nothing more goes into the streams. */
  abandon(error: Error): void {
    if (this.over) return;
    this.over = error;
    this.shown.abandon(error);
    this.unacknowledged.clear();
    this.settled();
  }

  /** Where it stands, for a later home at this node to go on from; undefined where cache and stream do not have the same. */
  get left(): LeftRuntime | undefined {
    const { runtime, marks, storedAt: at } = this;
    const { newest } = marks;
    const { head } = this.host.cache.bounds(runtime);
    const isWhole =
      newest?.sequence === this.batches.sequence && newest.position === head && this.shown.position === head;
    return isWhole ? { runtime, newest, marks, at } : undefined;
  }

  /** Lets go of all that the streams have of it, once what is on its way has arrived. @returns resolves when that is done */
  async remove(error: Error): Promise<void> {
    this.abandon(error);
    await this.running;
    await removeRuntime(this.host, this.runtime);
  }

  private wake(): void {
    this.isWoken = true;
    if (!this.over) this.running ??= this.run();
  }

  private async run(): Promise<void> {
    // What is appended in the same breath goes with it.
    await this.begins;
    while (!this.over) {
      this.isWoken = false;
      try {
        if (!(await this.step()) && !this.isWoken) break;
      } catch (error) {
        this.isDoubtful = true;
        const isMiss = error instanceof WrongSequenceError && ++this.misses < MAX_MISSES;
        if (!isMiss) await this.wait(asError(error));
      }
    }
    this.running = undefined;
    this.settled();
  }

  /** @returns whether there was something to do */
  private async step(): Promise<boolean> {
    if (this.isDoubtful) await this.look();
    else if (this.isUpkeepDue) await this.keepUp();
    else {
      const entries = await this.next();
      if (entries.length === 0) return this.isUpkeepDue || this.isDoubtful;
      this.doing = 'publishing';
      await this.publish(entries);
      this.doing = 'nothing';
      this.misses = 0;
    }
    return true;
  }

  private async wait(error: Error): Promise<void> {
    if (this.over) return;
    this.doing = 'waiting';
    this.settled();
    await this.host.retry(error);
    this.doing = 'nothing';
  }

  private settled(): void {
    for (const resolve of this.settling.splice(0)) resolve();
  }

  private async next(): Promise<readonly JournalEntry[]> {
    const { cache, maxBatchBytes } = this.host;
    for (;;) {
      this.skipDropped();
      if (this.sent >= cache.bounds(this.runtime).head || this.isUpkeepDue || this.over) return [];
      this.shown.seal();
      const entries = nextEntries(cache, this.runtime, this.unacknowledged, this.sent, maxBatchBytes);
      if (entries.length > 0) return entries;
      await cache.committed(this.runtime, this.sent + 1);
    }
  }

  /** What the cache has let go of is not missed, with what the stream has before it; its record says so before anything follows. */
  private skipDropped(): void {
    const { oldest } = this;
    if (this.sent >= oldest - 1) return;
    this.isUpkeepDue = true;
    this.has(oldest - 1);
  }

  private get oldest(): number {
    return this.host.cache.bounds(this.runtime).oldest;
  }

  private async publish(entries: readonly JournalEntry[]): Promise<void> {
    const mark = await this.batches.write(entries, this.unacknowledged, () => this.over !== undefined);
    if (mark) this.stored(mark);
  }

  /** A batch is in the stream. */
  private stored(mark: StreamMark): void {
    this.storedAt = this.host.clock.now();
    this.marks.add(mark);
    this.has(mark.position);
  }

  /** The stream has everything up to a position, as far as it is kept. */
  private has(position: number): void {
    this.sent = position;
    this.isChanged = true;
    for (const entry of this.unacknowledged.take(position)) keepNames(this.storedKept, entry, entry.keepText);
    void this.show(position);
  }

  /** Readers see what both the stream and the cache have. */
  private async show(position: number): Promise<void> {
    try {
      await this.shown.show(position);
    } catch (error) {
      this.abandon(asError(error));
    }
  }

  /** Finds out what the stream has, and goes on from there. */
  private async look(): Promise<void> {
    const { events, term, clock, maxAgeMs } = this.host;
    this.isDoubtful = false;
    const last = await events.last(this.subject);
    if (this.over) return;
    if (isLater(last, term)) return this.host.fenced();
    const expected = this.batches.sequence;
    const sequence = last?.sequence ?? 0;
    this.batches.sequence = sequence;
    if (sequence === expected) return;
    // Its record includes what is not there any more, under sequences that will be used again.
    if (sequence < expected) {
      this.isUpkeepDue = true;
      this.marks.cut(sequence);
    }
    if (!last && clock.now() - this.storedAt >= maxAgeMs) return;
    const position = last && positionOf(last, this.runtime, this.marks, this.host.cache);
    if (last && position !== undefined && position > this.sent)
      this.stored({ first: last.sequence, sequence: last.sequence, position, term: last.label?.term });
    else if (position !== undefined || sequence < expected) await this.revert(position ?? 0);
    // Else an earlier home wrote last what is not known here: the device brings it again.
  }

  /** The stream may have less than it acknowledged: it gets the rest again, as far as the cache has it. */
  private async revert(position: number): Promise<void> {
    if (position >= this.sent) return;
    const { cache } = this.host;
    await cache.committed(this.runtime, this.sent);
    this.host.reverted(this.sent - Math.max(position, this.oldest - 1));
    this.sent = position;
    this.batches.rename();
  }

  private async keepUp(): Promise<void> {
    const { runtime, storedAt: at, storedKept } = this;
    const { sequence } = this.batches;
    const { cache, events } = this.host;
    this.isUpkeepDue = false;
    this.isChanged = false;
    this.recordedOldest = this.oldest;
    const below = this.marks.below(this.recordedOldest) ?? 0;
    const names = recordedNames(cache, runtime, this.sent);
    try {
      if (!(await this.records.write({ runtime, sequence, at, ...names, kept: [...storedKept] }))) this.host.fenced();
      if (this.over || below <= this.purgedBelow) return;
      await events.purge(this.subject, below);
      this.purgedBelow = below;
    } catch (error) {
      this.isUpkeepDue = true;
      throw error;
    }
  }
}
