import { createHash } from 'node:crypto';
import {
  encodeFrame,
  isRecord,
  isSnapshotType,
  requestIdOf,
  sealEvent,
  type Clock,
  type Frame,
} from '../../protocol/index.js';
import { without, type Numbers } from './frame-text.js';
import type { PendingApprovals } from './pending-approvals.js';
import type { RoutingObserver } from './routing-observer.js';
import type { EventPlace } from './runtime-history.js';
import type { RuntimeRecord, Runtimes } from './runtimes.js';

/** Hex digits of the hash of a runtime in an `idempotency_key` (protocol section 3). */
const RUNTIME_HASH_DIGITS = 6;

/** Writes named events into the histories, and learns from them what the relay must know by itself. */
export class EventRecorder {
  private permissionMode: string | undefined;

  constructor(
    private readonly runtimes: Runtimes,
    private readonly approvals: PendingApprovals,
    private readonly clock: Clock,
    private readonly observer: RoutingObserver,
  ) {}

  /** `current_permission_mode` of the newest `update_device_status` of any runtime. */
  get mode(): string | undefined {
    return this.permissionMode;
  }

  /** @param frame with its name in it */
  record(record: RuntimeRecord, place: EventPlace, frame: Frame): void {
    const text = encodeFrame(without(frame, 'seq'));
    this.runtimes.touch(record);
    record.history.append(place, frame.type, text);
    if (isSnapshotType(frame.type)) this.learnSnapshot(record, frame, text);
    const requestId = requestIdOf(frame);
    if (requestId === undefined) return;
    if (frame.type === 'control_request') this.approvals.add(record.runtime, requestId, text);
    if (frame.type === 'control_request_resolved') this.approvals.end(record.runtime, requestId);
  }

  recordGap(record: RuntimeRecord, gap: Numbers): void {
    this.runtimes.touch(record);
    record.history.appendGap(gap);
    this.observer.lost(gap.to - gap.from + 1);
  }

  /** Writes an event that the relay makes in place of a stock device. */
  recordOwn(record: RuntimeRecord, place: EventPlace, type: string, payload: object): void {
    const { runtime, key } = record;
    const hash = createHash('sha256').update(key).digest('hex').slice(0, RUNTIME_HASH_DIGITS);
    const emittedAt = new Date(this.clock.now()).toISOString();
    this.record(record, place, sealEvent(type, payload, { runtime, ...place }, emittedAt, hash));
  }

  private learnSnapshot(record: RuntimeRecord, frame: Frame, text: string): void {
    record.keepSnapshot(frame, text);
    const status = frame['device_status'];
    const mode = isRecord(status) ? status['current_permission_mode'] : undefined;
    if (frame.type === 'update_device_status' && typeof mode === 'string') this.permissionMode = mode;
  }
}
