import type { Journal } from '../../../../journal/index.js';
import type { LeftRuntime } from './runtime-loader.js';

/** What a node has of an environment whose home it was. */
export interface LeftHistory {
  readonly cache: Journal;
  readonly runtimes: readonly LeftRuntime[];
}

/** What one counts for beside its frames, about: there may be many small ones. */
const HISTORY_BYTES = 64 * 1024;

/** The caches of environments whose home this node was, to go on from when it is so again. Those that are left longest go first. */
export class LeftHistories {
  private readonly histories = new Map<string, LeftHistory & { readonly bytes: number }>();
  private bytes = 0;

  /** @param maxBytes that are kept; 0: nothing is */
  constructor(private readonly maxBytes: number) {}

  put(environmentId: string, history: LeftHistory): void {
    this.drop(environmentId);
    const bytes = HISTORY_BYTES + history.cache.bytes;
    this.histories.set(environmentId, { ...history, bytes });
    this.bytes += bytes;
    for (const oldest of this.histories.keys()) {
      if (this.bytes <= this.maxBytes) return;
      this.drop(oldest);
    }
  }

  /** It is not kept here any more. */
  take(environmentId: string): LeftHistory | undefined {
    const history = this.histories.get(environmentId);
    if (!history) return undefined;
    this.histories.delete(environmentId);
    this.bytes -= history.bytes;
    return history;
  }

  /** The environment is not needed any more. */
  drop(environmentId: string): void {
    const history = this.take(environmentId);
    if (history) emptyCache(history.cache);
  }
}

/** Lets go of all that a cache has. */
export function emptyCache(cache: Journal): void {
  for (const runtime of cache.runtimes()) cache.remove(runtime);
}
