import type { Frame } from '../protocol/index.js';
import { isEvent, isReplayed } from './received-events.js';
import { runOf, type RunSnapshot } from './run-knowledge.js';

/** What an event is to a turn: none of its own, part of it, its end, or the news that it will never begin. */
export type TurnVerdict = 'other' | 'within' | 'end' | 'cancelled';

/**
 * Tells the events of one turn from those of others in the same runtime. Answers come on another socket than events, so
 * their order says nothing; what counts is written in the events: which run serves which `client_message_id`, and which
 * input left the queue. Where a device says neither, an input that was started at once begins with the next turn.
 */
export class TurnMatcher {
  private readonly ours = new Set<string>();
  private readonly others: Set<string>;
  private phase: 'waiting' | 'begun' = 'waiting';
  private precededByTurn: boolean;
  private startedAtOnce = false;

  /**
   * @param messages the `client_message_id`s of the input
   * @param before the runtime as it was when the input was sent
   */
  constructor(
    private readonly messages: ReadonlySet<string>,
    before: RunSnapshot,
  ) {
    this.others = new Set(before.runs);
    this.precededByTurn = before.turnOpen;
  }

  /** The device has accepted the input; only then can events be judged. */
  accepted(disposition: 'started' | 'queued'): void {
    this.startedAtOnce = disposition === 'started';
    if (this.startedAtOnce && !this.precededByTurn) this.phase = 'begun';
  }

  get begun(): boolean {
    return this.phase === 'begun';
  }

  /** The run that serves this turn now, where the device has said so. */
  get run(): string | undefined {
    return [...this.ours].at(-1);
  }

  judge(frame: Frame): TurnVerdict {
    if (this.learn(frame) === 'cancelled') return 'cancelled';
    const run = runOf(frame);
    const isOther = run !== undefined && this.others.has(run) && !this.ours.has(run);
    if (isOther || this.phase === 'waiting') {
      if (endsTurn(frame)) this.turnBeforeEnded();
      return 'other';
    }
    if (run !== undefined) this.ours.add(run);
    return endsTurn(frame) ? 'end' : 'within';
  }

  private learn(frame: Frame): 'cancelled' | undefined {
    if (isEvent(frame, 'update_loop_status')) this.learnRuns(frame.loop_status, isReplayed(frame));
    if (isEvent(frame, 'update_queue')) {
      const removed = frame.removed.find((item) => this.messages.has(item.client_message_id));
      if (removed?.disposition === 'cancelled') return 'cancelled';
      if (removed) this.phase = 'begun';
    }
    if (isEvent(frame, 'stream_delta') && this.isEcho(frame.delta)) {
      this.phase = 'begun';
      const run = runOf(frame);
      if (run !== undefined) this.ours.add(run);
    }
    return undefined;
  }

  private learnRuns(
    status: {
      active_run_ids: readonly string[];
      client_message_ids_by_run_id?: Readonly<Record<string, readonly string[]>>;
    },
    replayed: boolean,
  ): void {
    const { active_run_ids: active, client_message_ids_by_run_id: served = {} } = status;
    for (const [run, messages] of Object.entries(served)) {
      const isOurs = messages.some((id) => this.messages.has(id));
      (isOurs ? this.ours : this.others).add(run);
      // Until the device says whose run it is, a turn that was started at once takes it for its own.
      if (!isOurs) this.ours.delete(run);
      if (isOurs) this.phase = 'begun';
    }
    if (replayed) for (const run of active) if (!this.ours.has(run)) this.others.add(run);
  }

  private isEcho(delta: { readonly [field: string]: unknown }): boolean {
    const { client_message_id: id, otid } = delta;
    return (typeof id === 'string' && this.messages.has(id)) || (typeof otid === 'string' && this.messages.has(otid));
  }

  /** Started at once means that no third turn stood between. */
  private turnBeforeEnded(): void {
    this.precededByTurn = false;
    if (this.startedAtOnce) this.phase = 'begun';
  }
}

/** A turn that waits for an approval goes on afterwards. */
function endsTurn(frame: Frame): boolean {
  return isEvent(frame, 'turn_finished') && frame.stop_reason !== 'requires_approval';
}
