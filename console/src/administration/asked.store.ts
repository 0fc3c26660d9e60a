import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Clock, Timer } from 'twinlane/protocol';
import { messageOf } from '../ui/index.js';

/** What the relay was asked for last: its newest answer, or why there is none. */
export class Asked<T> {
  private readonly answer = signal<T | undefined>(undefined);
  private readonly trouble = signal<string | undefined>(undefined);
  /** An answer that was overtaken says nothing. */
  private asked = 0;

  /** @param noticed told of what a request failed with; returns whether the session ended with it */
  constructor(
    private readonly question: () => Promise<T>,
    private readonly noticed: (error: unknown) => boolean,
  ) {}

  /** Undefined until there was one. */
  get value(): ReadonlySignal<T | undefined> {
    return this.answer;
  }

  /** In the relay's words; undefined while it answers. */
  get error(): ReadonlySignal<string | undefined> {
    return this.trouble;
  }

  async ask(): Promise<void> {
    const asked = ++this.asked;
    try {
      const answer = await this.question();
      if (asked !== this.asked) return;
      this.answer.value = answer;
      this.trouble.value = undefined;
    } catch (error) {
      if (asked === this.asked && !this.noticed(error)) this.trouble.value = messageOf(error);
    }
  }

  /** Asks now and then while somebody looks. @param everyMs from one answer to the next question @returns ends that */
  follow(clock: Clock, visible: ReadonlySignal<boolean>, everyMs: number): () => void {
    let timer: Timer | undefined;
    let rounds = 0;
    const round = async (): Promise<void> => {
      const mine = ++rounds;
      await this.ask();
      if (mine === rounds) timer = clock.after(everyMs, () => void round());
    };
    const pause = (): void => {
      rounds++;
      timer?.cancel();
    };
    const stop = effect(() => {
      if (visible.value) void round();
      else pause();
    });
    return () => {
      stop();
      pause();
    };
  }
}
