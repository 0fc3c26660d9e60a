import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock } from '../../protocol/index.js';
import type { Lease } from './environment.js';

/** Leases remembered as told; a forgotten one is told once more. */
const TOLD_KEPT = 1_024;
/** How long a listener that was sent to register may take, in ms. It asks within milliseconds; a later one is a new process. */
const REGISTERS_WITHIN_MS = 10_000;

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

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** The listener of a lease is about to be told that another process replaced it. @returns whether it knew, and came back all the same */
  tell({ id, environmentId, processInstanceId }: Lease): boolean {
    if (processInstanceId !== undefined) return false;
    if (this.told.has(id)) {
      this.expected.set(environmentId, this.clock.now() + REGISTERS_WITHIN_MS);
      return true;
    }
    this.told.add(id);
    for (const oldest of this.told) if (this.told.size > TOLD_KEPT) this.told.delete(oldest);
    return false;
  }

  /** Whether a registration without a process is the one that a superseded listener was sent to make; true once. */
  takes(environmentId: string): boolean {
    const until = this.expected.get(environmentId);
    this.expected.delete(environmentId);
    return until !== undefined && this.clock.now() <= until;
  }
}
