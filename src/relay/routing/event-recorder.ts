import { createHash } from 'node:crypto';
import {
  encodeFrame,
  isRecord,
  isSnapshotType,
  requestIdOf,
  sealEvent,
  withoutSeq,
  type Clock,
  type Frame,
  type NumberRange,
  type RuntimeMoment,
} from '../../protocol/index.js';
import type { DeviceFacts } from './device-facts.js';
import { without } from './frame-text.js';
import { approvalName, snapshotName, TITLE_NAME } from './kept-names.js';
import type { Approval, PendingApprovals } from './pending-approvals.js';
import type { RoutingObserver } from './routing-observer.js';
import type { EventPlace, Retention } from './runtime-history.js';
import { agentTitle, inputTitle, titleText } from './runtime-title.js';
import type { RuntimeRecord, Runtimes } from './runtimes.js';

/** Hex digits of the hash of a runtime in an `idempotency_key` (protocol section 3). */
const RUNTIME_HASH_DIGITS = 6;

/** Writes named events into the histories, and learns from them what the relay must know by itself. */
export class EventRecorder {
  private newest: Pick<DeviceFacts, 'mode' | 'branch'> = {};
  private lastAsked: RuntimeMoment | undefined;
  private lastTurnEnded: RuntimeMoment | undefined;

  constructor(
    private readonly runtimes: Runtimes,
    private readonly approvals: PendingApprovals,
    private readonly clock: Clock,
    private readonly observer: RoutingObserver,
    /** Told when `facts` are others. */
    private readonly changed: () => void = () => {},
  ) {}

  /** What the newest `update_device_status` of any runtime says, and what may ask for attention. */
  get facts(): DeviceFacts {
    const { lastAsked, lastTurnEnded, approvals } = this;
    const attention = {
      waitingApprovals: approvals.size,
      ...(lastAsked && { lastAsked }),
      ...(lastTurnEnded && { lastTurnEnded }),
    };
    return { ...this.newest, attention };
  }

  /** An earlier process of the relay has left this in the histories: learns it again. */
  restore(): void {
    const kept = [...this.runtimes].flatMap((record) =>
      [...record.history.kept.values()].map((text) => ({ record, text, frame: JSON.parse(text) as Frame })),
    );
    // What a device wrote there may be anything.
    const emittedAt = ({ frame: { emitted_at: at } }: { frame: Frame }): string => (typeof at === 'string' ? at : '');
    for (const { record, frame, text } of kept.toSorted((a, b) => (emittedAt(a) < emittedAt(b) ? -1 : 1)))
      this.learn(record, frame, text, inputTitle(frame, text));
  }

  /**
   * @param frame with its name in it
   * @param received what it was read from, where it was: it is kept as its device has written it
   * @returns resolves when it is committed
   */
  record(record: RuntimeRecord, place: EventPlace, frame: Frame, received?: string): Promise<void> {
    const asSent = received === undefined ? undefined : withoutSeq(received, frame['seq']);
    const text = asSent ?? encodeFrame(without(frame, 'seq'));
    this.runtimes.touch(record);
    const newTitle = record.inputTitle === undefined ? inputTitle(frame, text) : undefined;
    const committed = record.history.append(place, frame.type, text, retentionOf(frame, newTitle));
    this.learn(record, frame, text, newTitle);
    return committed;
  }

  /** @returns resolves when it is committed */
  recordGap(record: RuntimeRecord, gap: NumberRange): Promise<void> {
    this.runtimes.touch(record);
    this.observer.lost(gap.to - gap.from + 1, record.runtime);
    return record.history.appendGap(gap);
  }

  /** Writes an event that the relay makes in place of a stock device. */
  recordOwn(record: RuntimeRecord, place: EventPlace, type: string, payload: object): void {
    const { runtime, key } = record;
    const hash = createHash('sha256').update(key).digest('hex').slice(0, RUNTIME_HASH_DIGITS);
    const emittedAt = new Date(this.clock.now()).toISOString();
    void this.record(record, place, sealEvent(type, payload, { runtime, ...place }, emittedAt, hash));
  }

  /** Ends an approval that no event of the device will end any more. */
  expire({ runtime, requestId }: Approval): void {
    this.approvals.end(runtime, requestId, 'expired');
    this.runtimes.known(runtime)?.history.drop(approvalName(requestId));
  }

  /** @param title what `inputTitle` finds in it, unless that is known already */
  private learn(record: RuntimeRecord, frame: Frame, text: string, title: string | undefined): void {
    if (isSnapshotType(frame.type)) this.learnSnapshot(record, frame, text);
    record.inputTitle ??= title;
    if (frame.type === 'turn_finished') {
      this.lastTurnEnded = this.momentOf(record, frame);
      this.changed();
    }
    const requestId = requestIdOf(frame);
    if (requestId === undefined) return;
    if (frame.type === 'control_request') {
      this.lastAsked = this.momentOf(record, frame);
      this.approvals.add(record.runtime, requestId, text);
    }
    if (frame.type === 'control_request_resolved') this.approvals.end(record.runtime, requestId, outcomeOf(frame));
  }

  /** A stock device may say anything of when that was, or nothing. */
  private momentOf({ runtime }: RuntimeRecord, { emitted_at: emitted }: Frame): RuntimeMoment {
    const at = typeof emitted === 'string' ? Date.parse(emitted) : Number.NaN;
    return { runtime, at: Number.isNaN(at) ? this.clock.now() : at };
  }

  private learnSnapshot(record: RuntimeRecord, frame: Frame, text: string): void {
    record.keepSnapshot(frame, text);
    const status = frame['device_status'];
    if (frame.type !== 'update_device_status' || !isRecord(status)) return;
    const { mode, branch } = this.newest;
    this.newest = { ...this.newest, ...factsIn(status) };
    if (mode !== this.newest.mode || branch !== this.newest.branch) this.changed();
    record.agentTitle = agentTitle(status);
  }
}

/** Whoever says nothing of a mode keeps it; a directory without git has no branch. */
function factsIn({ current_permission_mode: mode, git_context: git }: Readonly<Record<string, unknown>>): DeviceFacts {
  const branch = isRecord(git) ? git['branch'] : undefined;
  return {
    ...(typeof mode === 'string' ? { mode } : {}),
    ...(git === undefined ? {} : { branch: typeof branch === 'string' ? branch : undefined }),
  };
}

function outcomeOf({ outcome }: Frame): string | undefined {
  return typeof outcome === 'string' ? outcome : undefined;
}

/** What is shown to whoever comes later, however much later: the newest snapshot of each type, approvals that wait, the title. */
function retentionOf(frame: Frame, newTitle: string | undefined): Retention {
  if (isSnapshotType(frame.type)) return { keep: snapshotName(frame.type) };
  if (newTitle !== undefined) return { keep: TITLE_NAME, keepText: titleText(newTitle) };
  const requestId = requestIdOf(frame);
  if (requestId === undefined) return {};
  const approval = approvalName(requestId);
  if (frame.type === 'control_request') return { keep: approval };
  return frame.type === 'control_request_resolved' ? { drop: approval } : {};
}
