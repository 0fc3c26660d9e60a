import { encodeFrame, readEnvelope, type ChannelName, type Clock, type Frame } from '../../protocol/index.js';
import type { DeviceLink } from './device-link.js';
import { EventOrder, type EventOrderLimits } from './event-order.js';
import type { EventRecorder } from './event-recorder.js';
import type { Guard } from './guard.js';
import { RefusedEvent } from './refused-event.js';
import type { RoutingObserver } from './routing-observer.js';
import type { RuntimeRecord, Runtimes } from './runtimes.js';

/** Whether a frame has a place in an order; where its sender asks, a promise that says when it need not keep it any more. */
export type Taken = boolean | Promise<void>;

/** How the events of one kind of device find their place in the histories. */
export interface EventIntake {
  /** A link of such a device became ready. */
  begin(link: DeviceLink): void;
  /** @param text of the message it came in, where there was one */
  take(channel: ChannelName, frame: Frame, text?: string): Taken;
  /**
   * A frame that was not taken: if it was an event, its place becomes a hole.
   */
  refuse(channel: ChannelName, value: Readonly<Record<string, unknown>>): Taken;
}

/** Epochs of one runtime whose first events wait for those before them; beyond, they wait no longer. */
const MAX_WAITING_EPOCHS = 8;
/** Where a memory journal begins. */
const FIRST_NUMBER = 1;

/**
 * Events of devices that name them: appended by name, each once (protocol section 4). A number beyond the next waits for the
 * missing ones for a while, which then become a hole.
 */
export class NamedEvents implements EventIntake {
  /** By runtime and then by epoch; only the newest epochs, those that are not closed. */
  private readonly orders = new WeakMap<RuntimeRecord, Map<string, EventOrder<Frame | RefusedEvent>>>();

  constructor(
    private readonly runtimes: Runtimes,
    private readonly recorder: EventRecorder,
    private readonly clock: Clock,
    private readonly limits: EventOrderLimits,
    private readonly observer: RoutingObserver,
    private readonly guard: Guard,
  ) {}

  begin(): void {
    // Names go on over links: what the last one lost may still come.
  }

  take(_channel: ChannelName, frame: Frame): boolean {
    if (this.place(frame, frame)) return true;
    if (!('event_seq' in frame)) return false;
    // It claims a place that it does not name: nobody could follow an order with such events in it.
    this.observer.dropped('unreadable');
    return true;
  }

  refuse(_channel: ChannelName, value: Readonly<Record<string, unknown>>): boolean {
    return this.place(value, new RefusedEvent(value));
  }

  private place(named: Readonly<Record<string, unknown>>, arrival: Frame | RefusedEvent): boolean {
    const envelope = readEnvelope(named);
    if (envelope?.epoch === undefined || envelope.seq === undefined) return false;
    const { epoch, seq } = envelope;
    const record = this.runtimes.ofDevice(envelope.runtime);
    const { newest } = record.history;
    const isClosed = newest?.epoch !== epoch && record.history.lastOf(epoch) !== undefined;
    if (isClosed) this.observer.dropped('known-event');
    else this.orderOf(record, epoch).add(seq, arrival, begins(seq, newest?.seq));
    return true;
  }

  private orderOf(record: RuntimeRecord, epoch: string): EventOrder<Frame | RefusedEvent> {
    const epochs = this.orders.get(record) ?? new Map<string, EventOrder<Frame | RefusedEvent>>();
    this.orders.set(record, epochs);
    const known = epochs.get(epoch);
    if (known) return known;
    const last = record.history.lastOf(epoch);
    const order = new EventOrder<Frame | RefusedEvent>(
      this.clock,
      this.limits,
      {
        deliver: (frame, seq) => this.guard('an event', () => this.append(record, epoch, seq, frame)),
        skipped: (from, to) => this.guard('a hole', () => void this.recorder.recordGap(record, { epoch, from, to })),
        late: () => this.observer.dropped('known-event'),
        sizeOf: (frame) => (frame instanceof RefusedEvent ? 0 : encodeFrame(frame).length),
      },
      last === undefined ? undefined : last + 1,
    );
    if (epochs.size >= MAX_WAITING_EPOCHS) for (const waiting of epochs.values()) waiting.flush();
    epochs.set(epoch, order);
    return order;
  }

  private append(record: RuntimeRecord, epoch: string, seq: number, frame: Frame | RefusedEvent): void {
    if (record.history.lastOf(epoch) === undefined) this.open(record, epoch, seq);
    if (frame instanceof RefusedEvent) void this.recorder.recordGap(record, { epoch, from: seq, to: seq });
    else void this.recorder.record(record, { epoch, seq }, frame);
  }

  /** An epoch's first event closes those before it. Numbers continue over epochs, so that what it left out is known. */
  private open(record: RuntimeRecord, epoch: string, first: number): void {
    const epochs = this.orders.get(record) ?? new Map<string, EventOrder<Frame | RefusedEvent>>();
    for (const [other, order] of epochs) {
      if (other === epoch) continue;
      epochs.delete(other);
      order.flush();
    }
    const { newest } = record.history;
    if (!newest || first <= newest.seq + 1) return;
    void this.recorder.recordGap(record, { epoch: newest.epoch, from: newest.seq + 1, to: first - 1 });
  }
}

/** Whether a number is sure to be the first of an epoch that was not seen before. */
function begins(seq: number, lastOfOlder: number | undefined): boolean {
  return seq === FIRST_NUMBER || seq === (lastOfOlder ?? 0) + 1;
}
