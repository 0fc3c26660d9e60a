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

/** Told of what has changed in this process, for the other nodes of the relay. */
export interface EnvironmentChangesObserver {
  /** @param gone where it was deleted or renamed: what it was */
  changed(id: string, gone: Gone | undefined): void;
}

/**
 * Which environments have changed, in the order of their newest change, so that whoever knows the list asks for what is new alone
 * (protocol section 4). It costs one entry for each, however often it changes. Heartbeats are no change.
 *
 * Each node of a relay counts for itself: towards another one a cursor is unknown (`recovered: false`), and whoever has it lists again.
 */
@Injectable()
export class ChangedEnvironments {
  /** Names what is counted here: what an earlier process has counted, or another node, means nothing. */
  private epoch = newEpoch();
  private readonly entries = new Map<string, EnvironmentChangeEntry>();
  private count = 0;
  /** The newest that was forgotten. */
  private forgotten = 0;
  private observer: EnvironmentChangesObserver | undefined;

  /** Tells one observer of what this process changes. */
  observe(observer: EnvironmentChangesObserver): void {
    this.observer = observer;
  }

  /** It came, or is not as it was. */
  note(id: string): void {
    this.heard(id);
    this.observer?.changed(id, undefined);
  }

  /** It was deleted, or has another name: whoever saw it under this one may see it no more. */
  gone(gone: Gone): void {
    this.heard(gone.id, gone);
    this.observer?.changed(gone.id, gone);
  }

  /** As `note` and `gone`, of what another node has changed. */
  heard(id: string, gone?: Gone): void {
    this.keep(gone ? JSON.stringify([id, gone.connectionName]) : id, id, gone);
  }

  /** Changes may have been missed: no cursor from before is of use any more. */
  forget(): void {
    this.epoch = newEpoch();
    this.entries.clear();
    this.count = 0;
    this.forgotten = 0;
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

function newEpoch(): string {
  return randomBytes(EPOCH_BYTES).toString('hex');
}
