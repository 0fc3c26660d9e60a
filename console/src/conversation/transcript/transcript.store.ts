import { isEvent, isGap, type EventFrame } from 'twinlane/client';
import { isSameRuntime, readEnvelope, type ApprovalDecision, type Frame, type Runtime } from 'twinlane/protocol';
import { callOf, readDelta, type DeltaTarget } from './delta-readers.js';
import { ItemList, type Scheduler } from './item-list.js';
import { textIn, timeIn } from './read-fields.js';
import type { Approval, ToolCall } from './tool-call.js';
import { Gap, TurnEnd } from './transcript-items.js';
import { TurnMeter } from './turn-meter.js';

/** What a client that may not approve gets in place of a question (protocol section 4). */
const WITHHELD = 'control_request_withheld';

/**
 * The events of one runtime as a person reads them. Takes every frame as often as it comes: an event counts once, by its name, and a
 * question by its id.
 */
export class Transcript {
  readonly items: ItemList;
  /** Of the turn under way, or the last one. */
  meter = new TurnMeter(undefined, undefined);
  /** Questions that nobody has answered. */
  readonly pending = new Map<string, ToolCall>();
  private readonly asked = new Map<string, ToolCall>();
  /** The last number taken of each epoch. */
  private readonly taken = new Map<string, number>();
  private readonly gaps = new Set<string>();
  private isTurnOver = true;

  constructor(
    private readonly runtime: Runtime,
    schedule: Scheduler,
  ) {
    this.items = new ItemList(schedule);
  }

  take(frame: Frame): void {
    const envelope = readEnvelope(frame);
    if (!envelope || !isSameRuntime(envelope.runtime, this.runtime)) return;
    if (isGap(frame)) return this.takeGap(frame.event_epoch, frame.from, frame.to);
    const { epoch = '', seq } = envelope;
    if (seq !== undefined) {
      if (seq <= (this.taken.get(epoch) ?? 0)) return;
      this.taken.set(epoch, seq);
    }
    const at = timeIn(frame, 'emitted_at');
    if (isEvent(frame, 'stream_delta')) this.takeDelta(frame, at);
    else if (isEvent(frame, 'control_request')) this.ask(frame, at);
    else if (isEvent(frame, 'control_request_resolved')) this.resolve(frame.request_id, frame.outcome, at);
    else if (isEvent(frame, 'turn_finished')) this.endTurn(frame, at);
    else if (frame.type === WITHHELD) this.withhold();
  }

  /** This page's answer is on its way. */
  answering(requestId: string, { behavior }: ApprovalDecision): void {
    this.onApproval(requestId, (approval) => {
      approval.answering = behavior;
      approval.given.add(behavior);
      approval.error = undefined;
    });
  }

  /** This page's answer was the one that counted. */
  answered(requestId: string, { behavior }: ApprovalDecision): void {
    this.onApproval(requestId, (approval, call) => {
      approval.byUs = true;
      approval.answering = undefined;
      this.settle(call, approval, behavior, undefined);
    });
  }

  /** This page's answer did not count. */
  notAnswered(requestId: string, why: string): void {
    this.onApproval(requestId, (approval) => {
      approval.answering = undefined;
      if (approval.outcome === undefined) approval.error = why;
    });
  }

  private takeGap(epoch: string, from: number, to: number | null): void {
    const name = `${epoch}:${from}:${to ?? ''}`;
    if (this.gaps.has(name)) return;
    this.gaps.add(name);
    this.items.add((key) => new Gap(key, from, to));
  }

  private takeDelta({ delta }: EventFrame<'stream_delta'>, at: number | undefined): void {
    this.beginTurn(delta.run_id, at);
    readDelta(delta, this.target(at));
  }

  private beginTurn(runId: string | undefined, at: number | undefined): void {
    if (!this.isTurnOver && (runId === undefined || runId === this.meter.runId)) return;
    this.isTurnOver = false;
    this.meter = new TurnMeter(runId, at);
    this.items.plan = undefined;
    this.items.complaints.clear();
  }

  private ask({ request_id: id, request }: EventFrame<'control_request'>, at: number | undefined): void {
    const before = this.asked.get(id);
    if (before) return;
    const call = callOf(request.tool_call_id, this.target(at));
    if (call.name === 'tool') call.name = request.tool_name;
    call.approval = {
      requestId: id,
      request,
      outcome: undefined,
      byUs: false,
      given: new Set(),
      answering: undefined,
      error: undefined,
      wasSeen: false,
      askedAt: call.revision.peek(),
    };
    this.asked.set(id, call);
    this.pending.set(id, call);
    this.items.touch(call);
  }

  private withhold(): void {
    const call = [...this.items.live].at(-1);
    if (!call) return;
    call.isWithheld = true;
    this.items.touch(call);
  }

  private resolve(requestId: string, outcome: Approval['outcome'], at: number | undefined): void {
    this.onApproval(requestId, (approval, call) => this.settle(call, approval, outcome, at));
    // Whoever may not approve does not know the question by its id.
    if (!this.asked.has(requestId)) this.noLongerWithheld();
  }

  private settle(call: ToolCall, approval: Approval, outcome: Approval['outcome'], at: number | undefined): void {
    approval.wasSeen ||= call.revision.peek() > approval.askedAt;
    approval.outcome ??= outcome;
    this.pending.delete(approval.requestId);
    if (outcome === 'turn_ended' && !call.isOver) call.end('unknown', at);
  }

  private noLongerWithheld(): void {
    for (const call of this.items.live) {
      if (!call.isWithheld) continue;
      call.isWithheld = false;
      this.items.touch(call);
    }
  }

  private onApproval(requestId: string, change: (approval: Approval, call: ToolCall) => void): void {
    const call = this.asked.get(requestId);
    if (call?.approval?.requestId !== requestId) return;
    change(call.approval, call);
    this.items.touch(call);
  }

  private endTurn(frame: EventFrame<'turn_finished'>, at: number | undefined): void {
    if (frame.stop_reason === 'requires_approval') return;
    for (const call of this.pending.values())
      if (call.approval) this.resolve(call.approval.requestId, 'turn_ended', at);
    for (const call of this.items.live) {
      call.end('unknown', at);
      this.items.touch(call);
    }
    this.items.live.clear();
    if (this.isTurnOver) this.meter = new TurnMeter(frame.run_id, undefined);
    const { meter, items } = this;
    meter.endedAt = at;
    const error = textIn(frame, 'error');
    const isSaid = error !== undefined && items.complaints.has(error);
    this.isTurnOver = true;
    items.add((key) => new TurnEnd(key, at, frame.stop_reason, isSaid ? undefined : error, meter));
  }

  private target(at: number | undefined): DeltaTarget {
    return { items: this.items, meter: this.meter, at };
  }
}
