import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { EnvironmentRecord, TwinlaneClient } from 'twinlane/client';
import type { Clock, Timer } from 'twinlane/protocol';
import { ORDERS, shownEnvironments, type Order } from './shown-environments.js';
import { messageOf } from '../ui/index.js';

/** How often the relay is asked while somebody looks, in ms. */
const EVERY_MS = 2_500;
/** The most that this grows to while it does not answer, in ms. */
const LONGEST_MS = 20_000;

export interface EnvironmentsStoreParts {
  readonly client: Pick<TwinlaneClient, 'environments'>;
  readonly clock: Clock;
  readonly visible: ReadonlySignal<boolean>;
  /** Told of what a request failed with. @returns whether the session ended with it */
  readonly noticed: (error: unknown) => boolean;
}

/** Every environment that one may see, asked for anew while the page is seen. */
export class EnvironmentsStore {
  private readonly all = signal<readonly EnvironmentRecord[] | undefined>(undefined);
  private readonly trouble = signal<{ readonly reason: string; readonly since: number } | undefined>(undefined);
  readonly filter = signal('');
  readonly order = signal<Order>(ORDERS[0]);
  readonly shown = computed(() => shownEnvironments(this.all.value ?? [], this.filter.value, this.order.value));
  private users = 0;
  private stopWatching: (() => void) | undefined;
  private timer: Timer | undefined;
  private failures = 0;
  /** Which question an answer belongs to: one that was overtaken says nothing new. */
  private asked = 0;

  constructor(private readonly parts: EnvironmentsStoreParts) {}

  /** Undefined until the relay has answered for the first time. */
  get records(): ReadonlySignal<readonly EnvironmentRecord[] | undefined> {
    return this.all;
  }

  /** Why what is shown may be old, and since when, in epoch ms; undefined while the relay answers. */
  get stale(): ReadonlySignal<{ readonly reason: string; readonly since: number } | undefined> {
    return this.trouble;
  }

  /** Keeps the list fresh until what this returns is called; for each of several who look. */
  use(): () => void {
    this.users += 1;
    if (this.users === 1)
      this.stopWatching = effect(() => {
        if (this.parts.visible.value) void this.refresh();
        else this.pause();
      });
    return () => {
      this.users -= 1;
      if (this.users > 0) return;
      this.stopWatching?.();
      this.pause();
    };
  }

  async refresh(): Promise<void> {
    this.timer?.cancel();
    const asked = ++this.asked;
    const { client, clock, noticed } = this.parts;
    try {
      const records = await client.environments();
      if (asked !== this.asked) return;
      this.all.value = records;
      this.trouble.value = undefined;
      this.failures = 0;
    } catch (error) {
      if (asked !== this.asked || noticed(error)) return;
      this.failures += 1;
      const reason = messageOf(error);
      this.trouble.value = { reason, since: this.trouble.value?.since ?? clock.now() };
    }
    this.plan();
  }

  private plan(): void {
    const { clock, visible } = this.parts;
    if (this.users === 0 || !visible.peek()) return;
    this.timer = clock.after(Math.min(EVERY_MS * 2 ** this.failures, LONGEST_MS), () => void this.refresh());
  }

  private pause(): void {
    this.asked += 1;
    this.timer?.cancel();
  }
}
