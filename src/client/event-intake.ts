import {
  isKnownEventType,
  readRuntime,
  runtimeKey,
  type ChannelName,
  type Frame,
  type Runtime,
} from '../protocol/index.js';
import type { HistoryWish } from './attachment-options.js';
import { Fanout, type AsyncQueue } from './async-queue.js';
import { EventCursors, gap, type EventCursor } from './event-cursors.js';
import type { GapFrame } from './received-events.js';
import { RunKnowledge, type RunSnapshot } from './run-knowledge.js';

/** The last event that a reader has; without an epoch none, and 0. */
export interface ResumePoint {
  readonly epoch: string | undefined;
  readonly seq: number;
}

/** What the relay says to a reader that comes back. */
export interface ResumeVerdict {
  readonly resumed: boolean;
  readonly gap?: GapFrame;
}

/**
 * Everything an attachment receives of its runtimes' order, over any number of links: cursors, what is known of runs, and
 * the loops that read.
 */
export class EventIntake {
  private readonly cursors = new EventCursors();
  private readonly readers: Fanout<Frame>;
  private readonly runs = new Map<string, RunKnowledge>();
  /** Runtimes that had no event when they were first followed. */
  private readonly unbegun = new Set<string>();
  /** What is to be shown of the past of a runtime, until there is a cursor. */
  private readonly wishes = new Map<string, 'all' | number>();
  private readonly heads = new Map<string, EventCursor>();
  private wasBehind = false;

  /**
   * @param maxUnreadBytes what may wait for the slowest loop
   * @param caughtUp told when less waits again
   */
  constructor(
    private readonly maxUnreadBytes: number,
    caughtUp: () => void,
  ) {
    this.readers = new Fanout<Frame>(() => {
      if (this.wasBehind && !this.isBehind()) caughtUp();
    }, true);
  }

  /** Whether a loop has fallen so far behind that nothing more should be acknowledged. */
  isBehind(): boolean {
    this.wasBehind = this.readers.unreadBytes > this.maxUnreadBytes;
    return this.wasBehind;
  }

  /** What waits for the slowest loop. */
  get unreadBytes(): number {
    return this.readers.unreadBytes;
  }

  subscribe(): AsyncQueue<Frame> {
    return this.readers.subscribe();
  }

  cursorOf(runtime: Runtime): EventCursor | undefined {
    return this.cursors.cursorOf(runtime);
  }

  /** Where a new link is to go on; undefined: from now. */
  resumePointOf(runtime: Runtime): ResumePoint | undefined {
    const atStart = this.unbegun.has(runtimeKey(runtime)) ? { epoch: undefined, seq: 0 } : undefined;
    return this.cursorOf(runtime) ?? atStart;
  }

  /** What a link that cannot go on from a cursor is to bring of the past. */
  historyOf(runtime: Runtime): 'all' | number | undefined {
    return this.wishes.get(runtimeKey(runtime));
  }

  /** The past of a runtime is to be shown first. */
  wish(runtime: Runtime, history: HistoryWish): void {
    if (history !== 'none' && history !== 0) this.wishes.set(runtimeKey(runtime), history);
  }

  /** The newest event that the relay knew of when the newest link was opened. */
  headOf(runtime: Runtime): EventCursor | undefined {
    return this.heads.get(runtimeKey(runtime));
  }

  /** The runtime has no events yet: whatever comes, also while no link is up, is to be seen. */
  beginsEmpty(runtime: Runtime): void {
    this.unbegun.add(runtimeKey(runtime));
  }

  place(runtime: Runtime, cursor: EventCursor): void {
    this.cursors.place(runtime, cursor);
  }

  runsOf(runtime: Runtime): RunSnapshot {
    return this.knowledgeOf(runtime).snapshot();
  }

  /**
   * Takes what belongs to a runtime's order. From stream alone: one socket holds the whole order, whatever else a server
   * mirrors on control.
   */
  receive(frame: Frame, channel: ChannelName, bytes: number): void {
    if (channel !== 'stream') return;
    for (const event of this.cursors.accept(frame)) {
      const runtime = readRuntime(event['runtime']);
      if (runtime) this.knowledgeOf(runtime).learn(event);
      this.readers.publish(event, bytes);
    }
  }

  /**
   * `resume_status`, the first frame of a stream socket (protocol section 5): where this reader stands now.
   *
   * @returns whether it goes on exactly where it broke, and what was lost where it does not; undefined where it did not ask
   */
  resumed(runtime: Runtime, status: Frame): ResumeVerdict | undefined {
    const { recovered, epoch, head } = status;
    const asked = this.resumePointOf(runtime);
    const isKnown = typeof epoch === 'string' && typeof head === 'number';
    if (isKnown) this.heads.set(runtimeKey(runtime), { epoch, seq: head });
    if (asked && recovered !== false) return { resumed: true };
    // Its past comes first, and places the cursor.
    if (isKnown && !asked && this.historyOf(runtime) !== undefined) return undefined;
    if (isKnown) this.place(runtime, { epoch, seq: head });
    else if (!asked && head === 0) this.beginsEmpty(runtime);
    return asked && this.lost(runtime, asked, isKnown ? { epoch, seq: head } : undefined);
  }

  /** @param now undefined: the relay knows nothing of this runtime yet, and what comes may be of an epoch that says nothing about what is missing */
  private lost(runtime: Runtime, asked: ResumePoint, now: EventCursor | undefined): ResumeVerdict {
    const epoch = asked.epoch ?? now?.epoch;
    if (epoch === undefined || (epoch === now?.epoch && asked.seq === now.seq)) return { resumed: false };
    const lost = gap(runtime, epoch, asked.seq + 1, epoch === now?.epoch ? now.seq : null);
    this.readers.publish(lost);
    return { resumed: false, gap: lost };
  }

  finish(error: Error | undefined): void {
    this.readers.finish(error);
  }

  private knowledgeOf(runtime: Runtime): RunKnowledge {
    const key = runtimeKey(runtime);
    const known = this.runs.get(key) ?? new RunKnowledge();
    this.runs.set(key, known);
    return known;
  }
}

/** Whether a frame belongs to a runtime's order. */
export function isOrdered(frame: Frame): boolean {
  return (
    'event_seq' in frame || isKnownEventType(frame.type) || frame.type === 'resume_gap' || frame['replayed'] === true
  );
}
