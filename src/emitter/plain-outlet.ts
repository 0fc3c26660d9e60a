import type { FrameSource, OutgoingFrame } from '../channel/index.js';
import type { Journal, JournalEntry } from '../journal/index.js';
import {
  routeOf,
  type ChannelName,
  type Clock,
  type Frame,
  type Runtime,
  type Timer,
  type TypeMap,
} from '../protocol/index.js';
import type { OpenLink, LinkChannel } from '../transport/index.js';
import type { RuntimeWriter } from './runtime-writer.js';

/** What outlets share. */
export interface OutletContext {
  readonly journal: Journal;
  readonly map: TypeMap;
  readonly clock: Clock;
  /** Longest hold of an event for control, in ms. */
  readonly holdMs: number;
  /** Sent but unconfirmed events that are sent again after a reconnect. */
  readonly maxResent: number;
  /** An event went to control before the stream events ahead of it were confirmed. */
  holdExpired(runtime: Runtime): void;
  /** Events that a broken plain link may have swallowed. */
  givenUp(runtime: Runtime, count: number): void;
}

/** An event for control that waits until the peer has read the stream events before it (protocol section 2). */
interface Hold {
  readonly position: number;
  readonly timer: Timer;
  expired: boolean;
}

/** One runtime's cursor in the journal: gives its events to the channels of a plain link, in order. */
export class PlainOutlet {
  private cursor: number;
  /** Sent on an earlier link and not confirmed there. */
  private resend: JournalEntry[] = [];
  private readonly unconfirmed = new Map<number, JournalEntry>();
  private streamUnconfirmed = 0;
  private link: OpenLink | undefined;
  /** One for each socket of the link. */
  private sources: readonly (readonly [LinkChannel, FrameSource])[] = [];
  private hold: Hold | undefined;

  private readonly runtime: Runtime;

  /**
   * @param from what comes after this position is sent
   * @param safe told up to where the peer has everything
   */
  constructor(
    private readonly writer: RuntimeWriter,
    from: number,
    private readonly context: OutletContext,
    private readonly safe: (position: number) => void,
  ) {
    this.runtime = writer.runtime;
    this.cursor = from;
  }

  /** Whether every event has reached the peer. */
  get settled(): boolean {
    return this.unconfirmed.size === 0 && !this.hasMore && this.hasCaughtUp;
  }

  /** What is not committed yet cannot be sent yet either, but it is to be. */
  private get hasCaughtUp(): boolean {
    const { oldest, head } = this.context.journal.bounds(this.runtime);
    return this.cursor >= head || oldest > head;
  }

  /** Whether there is something that can be sent now. */
  private get hasMore(): boolean {
    return this.writer.waiting || this.head() !== undefined;
  }

  /** @param safe what another kind of link has brought to the peer meanwhile */
  linkUp(link: OpenLink, safe: number): void {
    this.link = link;
    this.cursor = Math.max(this.cursor, safe);
    this.resend = this.resend.filter(({ position }) => position > safe);
    this.sources = [...new Set([link.control, link.stream])].map(
      (channel) => [channel, this.sourceFor(channel.name, link)] as const,
    );
    this.wake();
  }

  /** The cursor goes back to what the peer is known to have. */
  linkDown(): void {
    if (!this.link) return;
    this.link = undefined;
    this.sources = [];
    this.releaseHold();
    const lost = [...this.unconfirmed.values(), ...this.resend];
    this.unconfirmed.clear();
    this.streamUnconfirmed = 0;
    this.resend = lost.slice(-this.context.maxResent);
    if (lost.length > this.resend.length) this.context.givenUp(this.runtime, lost.length - this.resend.length);
    this.releaseJournal();
  }

  /** There may be something to send. */
  wake(): void {
    for (const [channel, source] of this.sources) channel.attach(source, 'fair');
  }

  private sourceFor(channel: ChannelName, link: OpenLink): FrameSource {
    const isIdle = (): boolean => this.link !== link || !this.hasMore;
    return {
      next: () => (this.link === link ? this.next(channel, link) : undefined),
      get idle() {
        return isIdle();
      },
    };
  }

  private next(channel: ChannelName, link: OpenLink): OutgoingFrame | undefined {
    const entry = this.headOrSnapshots();
    if (!entry) {
      if (this.hasCaughtUp) this.writer.lead.caughtUp();
      return undefined;
    }
    const target = this.channelOf(entry, link);
    if (target !== channel) {
      link[target].wake();
      return undefined;
    }
    if (target === 'control' && link.shape.kind === 'split' && this.mustHold(entry, link)) return undefined;
    return this.take(entry, target, link);
  }

  private head(): JournalEntry | undefined {
    return this.resend[0] ?? this.context.journal.read(this.runtime, this.cursor, 1)[0];
  }

  private headOrSnapshots(): JournalEntry | undefined {
    const head = this.head();
    if (head || !this.writer.waiting) return head;
    this.writer.flush();
    return this.head();
  }

  /** Where the event goes on this link. A legacy link has one socket, whatever the map says. */
  private channelOf(entry: JournalEntry, link: OpenLink): ChannelName {
    if (link.shape.kind === 'legacy') return link.control.name;
    const rule = this.context.map[entry.type] ?? this.context.map['*'];
    // Only routes that are functions look at the frame, and those types are rare.
    const frame = typeof rule === 'function' ? (JSON.parse(entry.frame ?? '{}') as Frame) : { type: entry.type };
    return routeOf(this.context.map, frame, link.shape).channel;
  }

  private mustHold(entry: JournalEntry, link: OpenLink): boolean {
    if (this.streamUnconfirmed === 0 || (this.hold?.position === entry.position && this.hold.expired)) return false;
    if (this.hold?.position !== entry.position) {
      const timer = this.context.clock.after(this.context.holdMs, () => {
        if (!this.hold) return;
        this.hold.expired = true;
        this.context.holdExpired(this.runtime);
        link.control.wake();
      });
      this.hold = { position: entry.position, timer, expired: false };
      link.stream.ask();
    }
    return true;
  }

  private releaseHold(): void {
    this.hold?.timer.cancel();
    this.hold = undefined;
  }

  private take(entry: JournalEntry, channel: ChannelName, link: OpenLink): OutgoingFrame {
    if (this.resend[0] === entry) this.resend.shift();
    else this.cursor = entry.position;
    if (this.hold?.position === entry.position) this.releaseHold();
    this.unconfirmed.set(entry.position, entry);
    if (channel === 'stream') this.streamUnconfirmed++;
    // What follows may be for the other socket.
    if (link.shape.kind === 'split') link[channel === 'stream' ? 'control' : 'stream'].wake();
    const text = entry.frame ?? '';
    this.writer.lead.taken(text.length);
    return { text, confirmed: () => this.confirmed(entry, channel, link) };
  }

  private confirmed(entry: JournalEntry, channel: ChannelName, link: OpenLink): void {
    if (this.link !== link || !this.unconfirmed.delete(entry.position)) return;
    if (channel === 'stream' && --this.streamUnconfirmed === 0 && this.hold) link.control.wake();
    this.releaseJournal();
  }

  /** What the peer has is no longer needed here. */
  private releaseJournal(): void {
    const [oldestUnconfirmed] = this.unconfirmed.keys();
    const oldest = Math.min(oldestUnconfirmed ?? Infinity, this.resend[0]?.position ?? Infinity, this.cursor + 1);
    this.safe(oldest - 1);
  }
}
