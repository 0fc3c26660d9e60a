import { Fanout, type AsyncQueue } from './async-queue.js';
import type { Clock, EnvironmentRecord, Timer } from '../protocol/index.js';

/**
 * How the listener of an environment is tied to the relay, as far as the relay was asked: `linked`; `away`, while its link is
 * broken and the environment still counts as online; `offline`.
 */
export type ListenerPresence = 'linked' | 'away' | 'offline';

/** When a client asks for the presence of a listener. Times in ms. */
export interface PresenceLimits {
  /** A command that waits this long for its answer. */
  readonly commandPatienceMs: number;
  /** Nothing has come for this long while a turn is under way. Also the least time between two questions. */
  readonly silencePatienceMs: number;
}

/** What a client waits for right now. */
export interface Awaited {
  /** Epoch ms: when the oldest command without an answer was asked. */
  readonly commandSince: number | undefined;
  readonly turnUnderWay: boolean;
}

/**
 * Asks the relay whether the listener is there, while the client waits for it in vain: a listener that was killed sends no
 * word of it. Nothing is asked while everything is answered, or frames come.
 */
export class PresenceWatch {
  private heardAt: number;
  private askedAt = -Infinity;
  private timer: Timer | undefined;
  private asking = false;
  private ended = false;
  private readonly watchers = new Fanout<ListenerPresence>();

  /**
   * @param ask gets the environment's record; undefined when the relay cannot be asked now
   * @param now what is known so far
   */
  constructor(
    private readonly clock: Clock,
    private readonly limits: PresenceLimits,
    private readonly awaited: () => Awaited,
    private readonly ask: () => Promise<EnvironmentRecord | undefined>,
    private now: ListenerPresence,
  ) {
    this.heardAt = clock.now();
  }

  get presence(): ListenerPresence {
    return this.now;
  }

  /** Every change from now on, what is known first; ends with `end`. */
  follow(): AsyncQueue<ListenerPresence> {
    const presences = this.watchers.subscribe();
    presences.push(this.now);
    return presences;
  }

  /** Something is awaited from now on. */
  wait(): void {
    if (!this.ended && !this.asking) this.arm();
  }

  /** A frame came. The timer looks at it when it runs: frames are many. */
  heard(): void {
    this.heardAt = this.clock.now();
  }

  /** Nothing is asked any more. */
  end(): void {
    this.ended = true;
    this.timer?.cancel();
    this.watchers.finish();
  }

  private arm(): void {
    this.timer?.cancel();
    const due = this.due();
    if (due === undefined) return;
    this.timer = this.clock.after(Math.max(0, due - this.clock.now()), () => this.look());
  }

  /** Epoch ms of the next question, as things are; undefined where nothing is awaited. */
  private due(): number | undefined {
    const { commandPatienceMs, silencePatienceMs } = this.limits;
    const { commandSince, turnUnderWay } = this.awaited();
    const next = this.askedAt + silencePatienceMs;
    if (this.now !== 'linked') return next;
    const reasons = [
      ...(commandSince === undefined ? [] : [commandSince + commandPatienceMs]),
      ...(turnUnderWay ? [this.heardAt + silencePatienceMs] : []),
    ];
    return reasons.length === 0 ? undefined : Math.max(next, Math.min(...reasons));
  }

  private look(): void {
    const due = this.due();
    if (due === undefined || due > this.clock.now()) return this.arm();
    this.asking = true;
    this.askedAt = this.clock.now();
    // Where the relay does not answer either, the link itself tells.
    const asked = this.ask().then(
      (record) => record && this.learn(presenceOf(record)),
      () => {},
    );
    void asked.then(() => {
      this.asking = false;
      this.wait();
    });
  }

  private learn(presence: ListenerPresence): void {
    if (this.ended || presence === this.now) return;
    this.now = presence;
    this.watchers.publish(presence);
  }
}

/** What a record says. A relay that does not know of `awaySince` leaves `away` out. */
export function presenceOf({ connectionId, awaySince }: EnvironmentRecord): ListenerPresence {
  if (connectionId === null) return 'offline';
  return typeof awaySince === 'number' ? 'away' : 'linked';
}
