import {
  readRuntime,
  runtimeKey,
  type Clock,
  type EventPayloads,
  type Frame,
  type Runtime,
  type Timer,
} from '../protocol/index.js';
import type { AsyncQueue } from './async-queue.js';
import { DisconnectedError, TurnOutcomeUnknownError } from './client.error.js';
import { isEvent, isGap } from './received-events.js';
import type { TurnMatcher } from './turn-matcher.js';

/** How a turn ended. */
export type TurnOutcome = Pick<EventPayloads['turn_finished'], 'stop_reason' | 'run_id' | 'error'>;

/** What a turn needs of the attachment it runs on. */
export interface TurnHost {
  readonly clock: Clock;
  readonly settleAfterGapMs: number;
  abort(runtime: Runtime, run: string | undefined): Promise<boolean>;
  /** Nobody watches the turn any more. */
  left(turn: Turn): void;
}

/**
 * The events of one input, from its first to its `turn_finished`; iterate it once. Events that were lost are yielded as
 * `resume_gap` (see `isGap`).
 *
 * @publicApi
 */
export class Turn implements AsyncIterable<Frame> {
  /** How it ended; undefined until it has been iterated to its end. */
  outcome: TurnOutcome | undefined;
  private silence: Timer | undefined;
  private gapSeen = false;
  private forgetSignal: () => void = () => {};

  constructor(
    private readonly host: TurnHost,
    readonly runtime: Runtime,
    /** Whether the device began it at once, or put it behind others. */
    readonly disposition: 'started' | 'queued',
    private readonly events: AsyncQueue<Frame>,
    private readonly matcher: TurnMatcher,
  ) {}

  /** False while the input waits in the device's queue, as far as events have been iterated. */
  get begun(): boolean {
    return this.matcher.begun;
  }

  /**
   * Ends the turn; its `turn_finished` still follows. Does nothing to an input that is still queued: what runs then is
   * somebody else's.
   *
   * @returns whether the device ended something
   * @throws CommandError, DisconnectedError
   */
  abort(): Promise<boolean> {
    return this.begun ? this.host.abort(this.runtime, this.matcher.run) : Promise.resolve(false);
  }

  /** @internal Whoever asked for it may give up watching. @param listen calls back then, until what it returns is called */
  stopsWith(listen: (given: (reason: Error) => void) => () => void): void {
    this.forgetSignal = listen((reason) => this.events.finish(reason));
  }

  /** Stops watching. The device goes on with the turn. */
  async close(): Promise<void> {
    this.forgetSignal();
    this.silence?.cancel();
    this.host.left(this);
    await this.events.return();
  }

  /** @throws DisconnectedError, TurnOutcomeUnknownError, and the reason of the signal that `turn` was given */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame, void> {
    try {
      for await (const frame of this.events) {
        if (!this.concerns(frame)) continue;
        const verdict = this.matcher.judge(frame);
        this.listenForSilence(frame);
        if (verdict === 'end' || verdict === 'cancelled') this.outcome = outcomeOf(frame);
        if (verdict !== 'other' || isGap(frame)) yield frame;
        if (this.outcome) return;
      }
    } finally {
      await this.close();
    }
    throw new DisconnectedError('The attachment was closed before the turn ended; the device goes on with it.');
  }

  private concerns(frame: Frame): boolean {
    const runtime = readRuntime(frame['runtime']);
    return runtime !== undefined && runtimeKey(runtime) === runtimeKey(this.runtime);
  }

  /** The end of the turn may be among events that were lost: then the runtime is idle, and nothing more comes. */
  private listenForSilence(frame: Frame): void {
    this.gapSeen ||= isGap(frame);
    if (!this.gapSeen) return;
    const isIdle = isEvent(frame, 'update_loop_status') && frame.loop_status.status === 'WAITING_ON_INPUT';
    if (isIdle)
      this.silence ??= this.host.clock.after(this.host.settleAfterGapMs, () => this.events.finish(outcomeUnknown()));
    else if (!isSideNote(frame)) {
      this.silence?.cancel();
      this.silence = undefined;
    }
  }
}

/** Status that says nothing of a turn going on. */
function isSideNote(frame: Frame): boolean {
  return (
    frame.type === 'update_device_status' || frame.type === 'update_queue' || frame.type === 'update_subagent_state'
  );
}

function outcomeUnknown(): TurnOutcomeUnknownError {
  return new TurnOutcomeUnknownError(
    'The turn is over, but events were lost and its end was among them; how it ended is not known.',
  );
}

function outcomeOf(frame: Frame): TurnOutcome {
  if (!isEvent(frame, 'turn_finished')) return { stop_reason: 'cancelled' };
  const { stop_reason, run_id, error }: Frame & { readonly stop_reason: string } = frame;
  return {
    stop_reason,
    ...(typeof run_id === 'string' ? { run_id } : {}),
    ...(typeof error === 'string' ? { error } : {}),
  };
}
