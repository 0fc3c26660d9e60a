/** What a fault proxy saw or did. `target` is path and query of the connection's first request. */
export interface FaultEvent {
  /** `answered`: the first bytes came back from the server. */
  readonly kind: 'opened' | 'struck' | 'answered' | 'swallowed' | 'closed';
  readonly connection: number;
  readonly target: string;
  /** Of `struck`: the action. */
  readonly action?: string;
  /** Of `swallowed`. */
  readonly direction?: 'up' | 'down';
  readonly bytes?: number;
  /** Of `closed`: who went first. */
  readonly side?: 'client' | 'server';
}

/** Events in order, and a way to wait for one. */
export class FaultLog {
  readonly events: FaultEvent[] = [];
  private watchers: (() => void)[] = [];

  add(event: FaultEvent): void {
    this.events.push(event);
    for (const wake of this.watchers.splice(0)) wake();
  }

  of(kind: FaultEvent['kind'], target = ''): FaultEvent[] {
    return this.events.filter((event) => event.kind === kind && event.target.includes(target));
  }

  /** Resolves with the n-th event of a kind on a target that contains this text, whether it has come already or not. */
  async seen(kind: FaultEvent['kind'], target = '', n = 1): Promise<FaultEvent> {
    for (;;) {
      const found = this.of(kind, target)[n - 1];
      if (found) return found;
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }
}
