import { signal, type ReadonlySignal } from '@preact/signals';
import type { RuntimeEntry, TwinlaneClient } from 'twinlane/client';
import type { Clock, Timer } from 'twinlane/protocol';
import { happeningsBetween, waitingIn, type Happening } from './happenings.js';

/** How often the relay is asked, in ms, also while the page is hidden; browsers make it once a minute after some minutes. */
const EVERY_MS = 2_000;

export interface AttentionParts {
  readonly client: Pick<TwinlaneClient, 'runtimes'>;
  readonly clock: Clock;
  /** Told of what happened, in order. */
  readonly tell: (happening: Happening) => void;
  /** Told of what a request failed with. @returns whether the session ended with it */
  readonly noticed: (error: unknown) => boolean;
}

/** Looks at all conversations of one environment, whichever is shown: for approvals that wait, and turns that finish. */
export class Attention {
  private readonly approvals = signal(0);
  private known: readonly RuntimeEntry[] | undefined;
  private timer: Timer | undefined;
  private isWatching = false;

  /** @param environment its id */
  constructor(
    private readonly parts: AttentionParts,
    private readonly environment: string,
  ) {}

  /** Approvals that wait. */
  get waiting(): ReadonlySignal<number> {
    return this.approvals;
  }

  /** Looks until what this returns is called. */
  use(): () => void {
    this.isWatching = true;
    void this.look();
    return () => {
      this.isWatching = false;
      this.timer?.cancel();
    };
  }

  private async look(): Promise<void> {
    try {
      const { runtimes } = await this.parts.client.runtimes(this.environment);
      if (!this.isWatching) return;
      for (const happening of this.known ? happeningsBetween(this.known, runtimes) : []) this.parts.tell(happening);
      this.known = runtimes;
      this.approvals.value = waitingIn(runtimes);
    } catch (error) {
      // Whether the relay is there is told elsewhere.
      if (this.parts.noticed(error)) return;
    }
    if (this.isWatching) this.timer = this.parts.clock.after(EVERY_MS, () => void this.look());
  }
}
