import { readEnvelope, readRuntime, runtimeKey, type Frame, type Runtime } from '../protocol/index.js';
import type { GapFrame } from './received-events.js';

/** A reader's position in the events of one runtime. */
export interface EventCursor {
  readonly epoch: string;
  /** Of the last event seen. */
  readonly seq: number;
}

interface Position {
  epoch: string;
  seq: number;
  /** Epochs that a later one has closed. */
  readonly closed: Set<string>;
}

/**
 * Knows by name which events were seen, per runtime: nothing is handed on twice, and nothing is skipped without a
 * `resume_gap` in its place (protocol section 5).
 */
export class EventCursors {
  private readonly positions = new Map<string, Position>();

  cursorOf(runtime: Runtime): EventCursor | undefined {
    const position = this.positions.get(runtimeKey(runtime));
    return position && { epoch: position.epoch, seq: position.seq };
  }

  /** Places the cursor of a runtime, as the relay says (`resume_status`) or as a caller kept it. */
  place(runtime: Runtime, { epoch, seq }: EventCursor): void {
    const position = this.positions.get(runtimeKey(runtime));
    if (!position) this.positions.set(runtimeKey(runtime), { epoch, seq, closed: new Set() });
    else this.move(position, epoch, seq);
  }

  /** What to hand on for a frame of the stream: nothing, the frame, or a gap before it. */
  accept(frame: Frame): Frame[] {
    if (frame.type === 'resume_gap') return this.acceptGap(frame);
    const envelope = readEnvelope(frame);
    if (envelope?.seq === undefined || envelope.epoch === undefined) return [frame];
    const { runtime, epoch, seq } = envelope;
    const position = this.positions.get(runtimeKey(runtime));
    const isNextKnown = position?.epoch === epoch;
    if (position && (position.closed.has(epoch) || (isNextKnown && seq <= position.seq))) return [];
    const expected = position && isNextKnown ? position.seq + 1 : seq;
    this.place(runtime, { epoch, seq });
    return seq > expected ? [gap(runtime, epoch, expected, seq - 1), frame] : [frame];
  }

  private acceptGap(frame: Frame): Frame[] {
    const runtime = readRuntime(frame['runtime']);
    const { event_epoch: epoch, from, to } = frame;
    if (!runtime || typeof epoch !== 'string' || typeof from !== 'number' || typeof to !== 'number') return [frame];
    const position = this.positions.get(runtimeKey(runtime));
    if (position?.closed.has(epoch)) return [];
    const first = position?.epoch === epoch ? Math.max(from, position.seq + 1) : from;
    if (first > to) return [];
    this.place(runtime, { epoch, seq: to });
    return [gap(runtime, epoch, first, to)];
  }

  private move(position: Position, epoch: string, seq: number): void {
    if (position.epoch !== epoch) position.closed.add(position.epoch);
    position.closed.delete(epoch);
    position.epoch = epoch;
    position.seq = seq;
  }
}

export function gap(runtime: Runtime, epoch: string, from: number, to: number | null): GapFrame {
  return { type: 'resume_gap', runtime, event_epoch: epoch, from, to };
}
