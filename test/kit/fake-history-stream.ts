import {
  type HistoryStream,
  type NewMessage,
  type ReadFrom,
  type StoredMessage,
  WrongSequenceError,
} from '../../src/relay/engine/nats/history/history-stream.js';

/** What a stream of JetStream does with messages, in memory, and what may go wrong with it. */
export class FakeHistoryStream implements HistoryStream {
  messages: StoredMessage[] = [];
  /** Stored, in order, also what was purged since. */
  private readonly ids = new Map<string, number>();
  private newest = 0;
  /** Told before each message that would be stored: what it throws the publisher gets. */
  before: () => Promise<void> | void = () => undefined;
  /** Told after each message that was stored: what it throws the publisher gets. */
  after: () => Promise<void> | void = () => undefined;
  /** Told before anything else is done. */
  asked: () => Promise<void> | void = () => undefined;

  /** Messages that were read one after the other. */
  readMessages = 0;
  /** So many of the newest messages the server that is read from does not have yet. */
  behind = 0;
  /** Newer servers look at the expected sequence first, and only then whether they have a message already. */
  comparesFirst = false;

  constructor(
    private readonly now: () => number,
    readonly maxMessageBytes = 1_000,
  ) {}

  async publish({ subject, id, label, data }: NewMessage, after: number): Promise<number> {
    await this.before();
    const known = this.ids.get(id);
    if (known !== undefined && !this.comparesFirst) return known;
    const newest = this.messages.findLast((message) => message.subject === subject)?.sequence ?? 0;
    if (newest !== after) throw new WrongSequenceError(subject);
    if (known !== undefined) return known;
    const sequence = ++this.newest;
    this.messages.push({ subject, sequence, at: this.now(), label, data });
    this.ids.set(id, sequence);
    await this.after();
    return sequence;
  }

  async last(subject: string): Promise<StoredMessage | undefined> {
    await this.asked();
    return this.messages.findLast((message) => message.subject === subject);
  }

  async purge(subject: string, below = Infinity): Promise<void> {
    await this.asked();
    const isGone = (message: StoredMessage): boolean => matches(subject, message) && message.sequence < below;
    this.messages = this.messages.filter((message) => !isGone(message));
  }

  async get(wanted: number): Promise<StoredMessage | undefined> {
    await this.asked();
    return this.messages.find(({ sequence }) => sequence === wanted);
  }

  async subjects(filter: string): Promise<ReadonlyMap<string, number>> {
    await this.asked();
    const counted = new Map<string, number>();
    for (const message of this.messages)
      if (matches(filter, message)) counted.set(message.subject, (counted.get(message.subject) ?? 0) + 1);
    return counted;
  }

  async *read(filter: string, { from = 1, through = 0 }: ReadFrom = {}): AsyncIterable<StoredMessage> {
    await this.asked();
    // Who waits for a message waits until the server that is behind has it.
    const readable = through > 0 ? this.messages : this.messages.slice(0, this.messages.length - this.behind);
    for (const message of readable.filter((each) => matches(filter, each) && each.sequence >= from)) {
      this.readMessages++;
      yield message;
    }
  }

  /** The newest messages are lost, as with a server that was killed before they were on its disk. */
  lose(count: number): void {
    const lost = this.messages.splice(Math.max(0, this.messages.length - count), count);
    for (const [id, sequence] of this.ids)
      if (lost.some((message) => message.sequence === sequence)) this.ids.delete(id);
    this.newest = Math.min(this.newest, (lost[0]?.sequence ?? this.newest + 1) - 1);
  }

  /** The window is over in which messages with the same id are one. */
  forgetIds(): void {
    this.ids.clear();
  }

  /** Messages go for their age. */
  age(before: number): void {
    this.messages = this.messages.filter(({ at }) => at >= before);
  }
}

function matches(filter: string, { subject }: StoredMessage): boolean {
  return filter.endsWith('.*') ? subject.startsWith(filter.slice(0, -1)) : subject === filter;
}
