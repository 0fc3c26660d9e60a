import type { Clock } from '../../../../protocol/index.js';
import type { ChangedEnvironments } from '../../../environments/changed-environments.js';
import type { Homes, Shown } from './homes.js';
import type { Nodes } from '../nodes/nodes.js';
import type { OwnHomes } from './own-homes.js';
import { shownFrom } from './shown.js';

export interface ShownEnvironmentsParts {
  readonly own: Pick<OwnHomes, 'has' | 'shown'>;
  readonly homes: Pick<Homes, 'shown' | 'servedBy'>;
  readonly nodes: Pick<Nodes, 'isHeard'>;
  readonly changed: Pick<ChangedEnvironments, 'heard'>;
  readonly clock: Clock;
  /** As `RelayOptions` has it. */
  readonly offlineAfterMs: number;
  /** Told of each that this node serves whose device was waited for long enough. */
  overdue(environmentId: string): void;
}

/** What a node shows of environments, wherever their homes are, and tells those who follow the changes. */
export class ShownEnvironments {
  /** Those whose device is expected: nobody says when it was waited for long enough. */
  private readonly expected = new Set<string>();

  constructor(private readonly parts: ShownEnvironmentsParts) {}

  /** Undefined for one that never had a home. */
  of(environmentId: string): Shown | undefined {
    const { own, homes, nodes, clock, offlineAfterMs } = this.parts;
    if (own.has(environmentId)) return own.shown(environmentId);
    const record = homes.shown(environmentId);
    return record && shownFrom(record, nodes.isHeard(record.node), offlineAfterMs, clock.now());
  }

  /** Its home, here or elsewhere, has said something else of it. */
  said(environmentId: string): void {
    // What this node says of its own was noted before it was written.
    if (!this.parts.own.has(environmentId)) this.parts.changed.heard(environmentId);
    if (this.isExpected(environmentId)) this.expected.add(environmentId);
    else this.expected.delete(environmentId);
  }

  /** A node is there that was not, or is there no more: so are its environments. */
  nodeTurned(node: string): void {
    for (const environmentId of this.parts.homes.servedBy(node)) this.said(environmentId);
  }

  /** To be called now and then. */
  look(): void {
    for (const environmentId of this.expected) {
      if (this.isExpected(environmentId)) continue;
      this.expected.delete(environmentId);
      this.parts.changed.heard(environmentId);
      if (this.parts.own.has(environmentId)) this.parts.overdue(environmentId);
    }
  }

  private isExpected(environmentId: string): boolean {
    const presence = this.of(environmentId)?.presence;
    return presence?.online === true && presence.awaySince !== null;
  }
}
