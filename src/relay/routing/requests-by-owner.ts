import { isDeepStrictEqual } from 'node:util';
import { requestIdOf, SparseMap, type Frame } from '../../protocol/index.js';
import { without } from './frame-text.js';
import type { Asker, Request } from './request.js';

/** The requests of each owner that have no answer yet. REST is no owner. */
export class RequestsByOwner {
  private readonly perOwner = new SparseMap<object, Set<Request>>();

  /** @returns how many the owner has now; 0 for REST, which has none */
  add(request: Request): number {
    const { owner } = request;
    if (!owner) return 0;
    const asked = this.perOwner.get(owner) ?? new Set();
    this.perOwner.set(owner, asked.add(request));
    return asked.size;
  }

  delete(request: Request): void {
    const { owner } = request;
    const asked = owner && this.perOwner.get(owner);
    if (owner && asked?.delete(request) && asked.size === 0) this.perOwner.delete(owner);
  }

  has(owner: object): boolean {
    return this.perOwner.has(owner);
  }

  /** As `RequestsInFlight` has it. */
  isRepetition(command: Frame, { owner, repeats }: Asker): boolean {
    const id = requestIdOf(command);
    if (!owner || repeats !== true || id === undefined) return false;
    const bare = without(command, 'seq');
    for (const { command: asked, asker } of this.perOwner.get(owner) ?? [])
      if (asker && asked['request_id'] === id && isDeepStrictEqual(without(asked, 'seq'), bare)) return true;
    return false;
  }

  /** The ids under which an asker waits for answers. */
  waitingFor(owner: object): string[] {
    return [...(this.perOwner.get(owner) ?? [])].flatMap(({ asker, command }) => (asker && requestIdOf(command)) ?? []);
  }
}
