import { encodeFrame, type Frame, type Runtime } from '../../protocol/index.js';
import type { EventRecorder } from './event-recorder.js';
import type { Approval, PendingApprovals } from './pending-approvals.js';
import type { RuntimeRecord } from './runtimes.js';

export interface LostApprovalsParts {
  readonly approvals: PendingApprovals;
  readonly recorder: EventRecorder;
  /** Tells everybody who follows a runtime. */
  announce(runtime: Runtime, text: string): void;
}

/** Ends approvals that nobody will answer: the process of the listener that had asked for them is gone, or there are too many of them. */
export class LostApprovals {
  /** Pending when that process was gone. */
  private orphans: ReadonlySet<Approval> | undefined;

  constructor(private readonly parts: LostApprovalsParts) {}

  /** @param willTell whether the next process says itself which of them go on */
  processEnded(willTell: boolean): void {
    this.orphans = new Set(this.parts.approvals.all());
    if (!willTell) for (const approval of this.orphans) this.expire(approval);
  }

  /** Everything is here that the device had of a runtime when it connected: what is pending still, of an earlier process, ended with that. */
  complete({ runtime, history }: RuntimeRecord): void {
    const live = history.newestKnown?.epoch;
    for (const approval of this.parts.approvals.of(runtime))
      if (this.orphans?.has(approval) || epochOf(approval) !== live) this.expire(approval);
  }

  /** A device that asks without end has no more than `most` waiting: the oldest expire. */
  bound(most: number): void {
    const { approvals } = this.parts;
    while (approvals.size > most && approvals.oldest) this.expire(approvals.oldest);
  }

  private expire(approval: Approval): void {
    const { runtime, requestId } = approval;
    this.parts.recorder.expire(approval);
    const resolved = { type: 'control_request_resolved', runtime, request_id: requestId, outcome: 'expired' };
    this.parts.announce(runtime, encodeFrame(resolved));
  }
}

function epochOf({ text }: Approval): unknown {
  return (JSON.parse(text) as Frame)['event_epoch'];
}
