import { CommitWaiters, type Journal, type JournalEntry } from '../../../../journal/index.js';
import type { Runtime } from '../../../../protocol/index.js';

/** What readers see of a runtime: the entries that both the stream and the cache have. */
export class ShownEntries {
  private readonly waiters = new CommitWaiters();
  private over: Error | undefined;

  /** @param through readers see entries up to this position */
  constructor(
    private readonly cache: Journal,
    private readonly runtime: Runtime,
    private through: number,
  ) {}

  get position(): number {
    return this.through;
  }

  /** Entries after a position that readers may see. */
  read(after: number, limit: number): readonly JournalEntry[] {
    return after < this.through ? this.cache.read(this.runtime, after, Math.min(limit, this.through - after)) : [];
  }

  /** Resolves when readers see the entry at this position. */
  committed(position: number): Promise<void> {
    if (position <= this.through) return Promise.resolve();
    return this.over ? Promise.reject(this.over) : this.waiters.for(position);
  }

  /** Those who wait from now on wait for another batch. */
  seal(): void {
    this.waiters.seal();
  }

  /** The stream has everything up to a position: once the cache has it too, readers see it. @throws what keeps the cache from it */
  async show(position: number): Promise<void> {
    await this.cache.committed(this.runtime, position);
    if (this.over || position <= this.through) return;
    this.through = position;
    this.waiters.committed(position);
  }

  /** Nothing more is shown: whoever waits is told. */
  abandon(error: Error): void {
    this.over = error;
    this.waiters.abandon(error);
  }
}
