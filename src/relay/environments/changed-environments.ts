import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { Environment } from './environment.js';

/** 8 hex digits, like the epochs of events. */
const EPOCH_BYTES = 4;

/** Changes remembered, in all organisations together: of each environment its newest, and each name that it had. */
export const CHANGES_KEPT = 16_384;

/** An environment as it was shown under a name that it has no more. */
export type Gone = Pick<Environment, 'id' | 'organizationId' | 'connectionName'>;

/** One environment that has changed: how it is now, the registry and others know. */
export interface EnvironmentChangeEntry {
  readonly id: string;
  /** Counts all changes. */
  readonly number: number;
  /** Where it was deleted or renamed: what it was. */
  readonly gone: Gone | undefined;
}

/**
 * Which environments have changed, in the order of their newest change, so that whoever knows the list asks for what is new alone
 * (protocol section 4). It costs one entry for each, however often it changes. Heartbeats are no change.
 */
@Injectable()
export class ChangedEnvironments {
  /** Names this process: what an earlier one has counted means nothing here. */
  private readonly epoch = randomBytes(EPOCH_BYTES).toString('hex');
  private readonly entries = new Map<string, EnvironmentChangeEntry>();
  private count = 0;
  /** The newest that was forgotten. */
  private forgotten = 0;

  /** It came, or is not as it was. */
  note(id: string): void {
    this.keep(id, id, undefined);
  }

  /** It was deleted, or has another name: whoever saw it under this one may see it no more. */
  gone(gone: Gone): void {
    this.keep(JSON.stringify([gone.id, gone.connectionName]), gone.id, gone);
  }

  /** Where the changes up to a number end; by default all of them. @param audience who asks: a cursor is of use to nobody else */
  cursorAt(audience: string, number: number = this.count): string {
    return [this.epoch, number, audience].join('.');
  }

  /**
   * What has changed since, the oldest change first.
   *
   * @param limit changes at most
   * @returns undefined where that is not known
   */
  since(cursor: string, audience: string, limit: number): readonly EnvironmentChangeEntry[] | undefined {
    const number = Number(cursor.split('.')[1]);
    if (!Number.isInteger(number) || cursor !== this.cursorAt(audience, number)) return undefined;
    if (number < this.forgotten || number > this.count) return undefined;
    const found: EnvironmentChangeEntry[] = [];
    if (number === this.count) return found;
    for (const entry of this.entries.values()) {
      if (entry.number <= number) continue;
      found.push(entry);
      if (found.length === limit) break;
    }
    return found;
  }

  private keep(key: string, id: string, gone: Gone | undefined): void {
    this.entries.delete(key);
    this.entries.set(key, { id, number: ++this.count, gone });
    if (this.entries.size <= CHANGES_KEPT) return;
    for (const [oldest, { number }] of this.entries) {
      this.entries.delete(oldest);
      this.forgotten = number;
      return;
    }
  }
}
