import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { EnvironmentRecord, TwinlaneClient } from 'twinlane/client';
import type { Clock } from 'twinlane/protocol';
import { ORDERS, shownEnvironments, type Order } from './shown-environments.js';
import { messageOf } from '../ui/index.js';

/** Environments that are shown at first, and that are added each time somebody wants more. */
export const SHOWN_AT_ONCE = 100;

export interface EnvironmentsStoreParts {
  readonly client: Pick<TwinlaneClient, 'watchEnvironments'>;
  readonly clock: Clock;
  /** Told of what a request failed with. @returns whether the session ended with it */
  readonly noticed: (error: unknown) => boolean;
}

/** Every environment that one may see. After the first list the relay is asked for changes alone, also while the page is hidden. */
export class EnvironmentsStore {
  private readonly all = signal<readonly EnvironmentRecord[] | undefined>(undefined);
  private readonly trouble = signal<{ readonly reason: string; readonly since: number } | undefined>(undefined);
  private readonly words = signal('');
  private readonly sorted = signal<Order>(ORDERS[0]);
  private readonly most = signal(SHOWN_AT_ONCE);
  private readonly found = computed(() => shownEnvironments(this.all.value ?? [], this.words.value, this.sorted.value));
  /** What is shown of those that the filter finds. */
  readonly shown = computed(() => this.found.value.slice(0, this.most.value));
  /** How many more it finds. */
  readonly hidden = computed(() => this.found.value.length - this.shown.value.length);
  private users = 0;
  private life: AbortController | undefined;

  constructor(private readonly parts: EnvironmentsStoreParts) {}

  /** Undefined until the relay has answered for the first time. */
  get records(): ReadonlySignal<readonly EnvironmentRecord[] | undefined> {
    return this.all;
  }

  /** Why what is shown may be old, and since when, in epoch ms; undefined while the relay answers. */
  get stale(): ReadonlySignal<{ readonly reason: string; readonly since: number } | undefined> {
    return this.trouble;
  }

  get filter(): ReadonlySignal<string> {
    return this.words;
  }

  get order(): ReadonlySignal<Order> {
    return this.sorted;
  }

  /** Shows those that hold every word, from the first on. */
  find(words: string): void {
    this.words.value = words;
    this.most.value = SHOWN_AT_ONCE;
  }

  orderBy(order: Order): void {
    this.sorted.value = order;
    this.most.value = SHOWN_AT_ONCE;
  }

  showMore(): void {
    this.most.value += SHOWN_AT_ONCE;
  }

  /** Keeps the list fresh until what this returns is called; for each of several who look. */
  use(): () => void {
    this.users += 1;
    if (this.users === 1) this.refresh();
    return () => {
      this.users -= 1;
      if (this.users === 0) this.life?.abort();
    };
  }

  /** Asks anew, and for all. */
  refresh(): void {
    this.life?.abort();
    this.life = new AbortController();
    void this.watch(this.life.signal);
  }

  private async watch(life: AbortSignal): Promise<void> {
    try {
      for await (const { environments, error } of this.parts.client.watchEnvironments({ signal: life })) {
        if (life.aborted) return;
        if (error) this.failed(error);
        else {
          this.all.value = environments;
          this.trouble.value = undefined;
        }
      }
    } catch (error) {
      if (!life.aborted && !this.parts.noticed(error)) this.failed(error);
    }
  }

  private failed(error: unknown): void {
    this.trouble.value = { reason: messageOf(error), since: this.trouble.peek()?.since ?? this.parts.clock.now() };
  }
}
