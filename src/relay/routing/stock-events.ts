import {
  encodeFrame,
  isKnownEventType,
  readRuntime,
  requestIdOf,
  type ApprovalOutcome,
  type ChannelName,
  type Clock,
  type Frame,
  type Runtime,
} from '../../protocol/index.js';
import type { DeviceLink } from './device-link.js';
import { EventOrder, type EventOrderLimits } from './event-order.js';
import type { EventRecorder } from './event-recorder.js';
import type { Guard } from './guard.js';
import type { EventIntake } from './named-events.js';
import { NumberRanges } from './number-ranges.js';
import type { PendingApprovals } from './pending-approvals.js';
import { RefusedEvent } from './refused-event.js';
import type { RoutingObserver } from './routing-observer.js';
import type { EventPlace } from './runtime-history.js';
import { loopStatusOf, type RuntimeRecord, type Runtimes } from './runtimes.js';

export interface StockEventsOutlets {
  /** A frame that had a number but names no runtime: no event after all. */
  readonly carry: (frame: Frame) => void;
  /** A device shows a `control_request` again that is pending already. */
  readonly shownAgain: (runtime: Runtime, frame: Frame) => void;
  /** An event has its place. */
  readonly recorded: (runtime: Runtime, type: string) => void;
}

const IDLE = 'WAITING_ON_INPUT';
const ASKING = 'WAITING_ON_APPROVAL';

/**
 * Events of devices that number per connection, over both sockets and all runtimes: put back into the device's order, and
 * then named by the relay (protocol section 4).
 */
export class StockEvents implements EventIntake {
  private readonly order: EventOrder<Frame | RefusedEvent>;
  /** Numbers of this pair that have not come; what comes late has its place here, and everything else is a repetition. */
  private readonly missing = new NumberRanges();
  private isFirst = true;
  private isSplit = true;

  /** @param epoch names the events, and no others before them */
  constructor(
    private readonly epoch: string,
    private readonly runtimes: Runtimes,
    private readonly recorder: EventRecorder,
    private readonly approvals: PendingApprovals,
    clock: Clock,
    limits: EventOrderLimits,
    private readonly observer: RoutingObserver,
    private readonly guard: Guard,
    private readonly outlets: StockEventsOutlets,
  ) {
    this.order = new EventOrder<Frame | RefusedEvent>(clock, limits, {
      deliver: (frame, number) => this.inTurn(frame, number),
      skipped: (from, to) => this.missing.add(from, to),
      late: (frame, number) => this.afterItsTurn(frame, number),
      sizeOf: (frame) => (frame instanceof RefusedEvent ? 0 : encodeFrame(frame).length),
    });
  }

  /**
   * What the device emitted since its last link is gone: every runtime that was at work skips a number. That link may have
   * been one of an earlier relay process, as histories that were kept tell.
   */
  begin(link: DeviceLink): void {
    this.order.restart();
    this.missing.clear();
    this.isFirst = true;
    this.isSplit = link.kind === 'split';
    for (const record of this.runtimes) {
      if (record.history.newest === undefined || record.loopStatus === IDLE) continue;
      this.skip(record);
    }
  }

  take(channel: ChannelName, frame: Frame): boolean {
    const number = frame['event_seq'];
    if (typeof number === 'number' && Number.isSafeInteger(number)) {
      if (this.isSplit) this.order.add(number, frame, channel === 'stream');
      else this.guard('an event', () => this.deliver(frame));
      return true;
    }
    if (!isKnownEventType(frame.type) || !readRuntime(frame['runtime'])) return false;
    this.deliver(frame);
    return true;
  }

  refuse(channel: ChannelName, value: Readonly<Record<string, unknown>>): boolean {
    const number = value['event_seq'];
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) return false;
    const event = new RefusedEvent(value);
    if (this.isSplit) this.order.add(number, event, channel === 'stream');
    else this.deliver(event);
    return true;
  }

  /** Ends an approval in place of the device, which does not say so itself. */
  resolve(runtime: Runtime, requestId: string, outcome: ApprovalOutcome): void {
    if (!this.approvals.get(runtime, requestId)) return;
    const record = this.runtimes.ofDevice(runtime);
    const payload = { request_id: requestId, outcome };
    this.recorder.recordOwn(record, this.nextPlace(record), 'control_request_resolved', payload);
  }

  private inTurn(frame: Frame | RefusedEvent, number: number): void {
    if (this.isFirst) this.missing.add(0, number - 1);
    this.isFirst = false;
    this.missing.take(number);
    this.guard('an event', () => this.deliver(frame));
  }

  /** A turn's end that could not wait any longer must not cost the text that follows it. */
  private afterItsTurn(frame: Frame | RefusedEvent, number: number): void {
    if (this.missing.take(number)) this.guard('a late event', () => this.deliver(frame));
    else this.observer.dropped('known-event');
  }

  private deliver(frame: Frame | RefusedEvent): void {
    if (frame instanceof RefusedEvent) return this.deliverHole(frame);
    const runtime = readRuntime(frame['runtime']);
    if (!runtime) return this.outlets.carry(frame);
    const requestId = requestIdOf(frame);
    if (frame.type === 'control_request' && requestId !== undefined && this.approvals.get(runtime, requestId))
      return this.outlets.shownAgain(runtime, frame);
    this.endStaleApprovals(runtime, frame);
    const record = this.runtimes.ofDevice(runtime);
    const place = this.nextPlace(record);
    void this.recorder.record(record, place, { ...frame, event_epoch: place.epoch, event_seq: place.seq });
    this.outlets.recorded(runtime, frame.type);
  }

  private deliverHole({ value }: RefusedEvent): void {
    const runtime = readRuntime(value['runtime']);
    if (!runtime) return;
    this.skip(this.runtimes.ofDevice(runtime));
  }

  private skip(record: RuntimeRecord): void {
    const { epoch, seq } = this.nextPlace(record);
    void this.recorder.recordGap(record, { epoch, from: seq, to: seq });
  }

  private endStaleApprovals(runtime: Runtime, frame: Frame): void {
    const loop = loopStatusOf(frame);
    const turnEnded = frame.type === 'turn_finished';
    if (!turnEnded && (loop === undefined || loop === ASKING)) return;
    for (const { requestId, answer } of this.approvals.of(runtime))
      this.resolve(runtime, requestId, answer?.behavior ?? (turnEnded ? 'turn_ended' : 'expired'));
  }

  /** The first of this epoch counts on where an earlier one has ended. */
  private nextPlace({ history }: RuntimeRecord): EventPlace {
    const last = history.lastOf(this.epoch) ?? history.newest?.seq ?? 0;
    return { epoch: this.epoch, seq: last + 1 };
  }
}
