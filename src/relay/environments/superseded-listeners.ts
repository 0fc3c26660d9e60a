import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import type { Lease } from './environment.js';

/** Leases remembered as told; a forgotten one is told once more. */
const TOLD_KEPT = 1_024;
/** How long a listener that was sent to register may take, in ms. It asks within milliseconds; a later one is a new process. */
const REGISTERS_WITHIN_MS = 10_000;

/** What becomes of superseded listeners, for the other nodes of a relay. */
export type SupersededNews =
  /** A lease: its listener knows. */
  | { readonly told: string }
  /** An environment: its superseded listener is about to register. */
  | { readonly expected: string }
  /** An environment: that one has registered. */
  | { readonly taken: string };

/**
 * Stock 0.25 listeners do not stop when they are told that another process replaced them: they come back with the void
 * lease at once, for ever, and do not say which process they are. So whoever comes back is sent to register again, and
 * that one registration is refused, which ends them (reliability C15).
 */
@Injectable()
export class SupersededListeners {
  private readonly told = new Set<string>();
  /** By environment: until when, in epoch ms. */
  private readonly expected = new Map<string, number>();
  private share: (news: SupersededNews) => void = () => {};

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** @param share tells other nodes, which such a listener may come to next */
  observe(share: (news: SupersededNews) => void): void {
    this.share = share;
  }

  /** The listener of a lease is about to be told that another process replaced it. @returns whether it knew, and came back all the same */
  tell({ id, environmentId, processInstanceId }: Lease): boolean {
    if (processInstanceId !== undefined) return false;
    if (this.told.has(id)) {
      this.learn({ expected: environmentId });
      return true;
    }
    this.learn({ told: id });
    return false;
  }

  /** Whether a registration without a process is the one that a superseded listener was sent to make; true once. */
  takes(environmentId: string): boolean {
    const until = this.expected.get(environmentId);
    if (until === undefined) return false;
    this.learn({ taken: environmentId });
    return this.clock.now() <= until;
  }

  /** Another node knows this. */
  hear(news: SupersededNews): void {
    if ('taken' in news) this.expected.delete(news.taken);
    else if ('expected' in news) this.expected.set(news.expected, this.clock.now() + REGISTERS_WITHIN_MS);
    else {
      this.told.add(news.told);
      for (const oldest of this.told) if (this.told.size > TOLD_KEPT) this.told.delete(oldest);
    }
  }

  private learn(news: SupersededNews): void {
    this.hear(news);
    this.share(news);
  }
}
