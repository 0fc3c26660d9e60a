import type { Clock } from '../../../../protocol/index.js';
import { RelayError } from '../../../relay.error.js';
import type { Newcomer } from '../tunnels/newcomer.js';
import type { NodeDoors } from '../tunnels/node-doors.js';
import type { Nodes } from '../nodes/nodes.js';
import type { Homes } from './homes.js';
import { OwnHome, type OwnHomes } from './own-homes.js';
import type { Tunnel } from '../tunnels/tunnel.js';

/** It was not the home any more, and has done nothing. */
export const NOT_HERE = Symbol('not here');

type Done<T> = T | typeof NOT_HERE;

/** What becomes of whoever wants to be at an environment's home. */
export interface Arrival<T> {
  atHome(home: OwnHome): Done<T> | Promise<Done<T>>;
  through(tunnel: Tunnel): Done<T> | Promise<Done<T>>;
  /** Whether it still wants to. */
  isWanted?(): boolean;
}

export interface WayHomeParts {
  readonly own: Pick<OwnHomes, 'find' | 'of'>;
  readonly homes: Pick<Homes, 'self' | 'nodeOf' | 'news'>;
  readonly doors: Pick<NodeDoors, 'knock'>;
  readonly nodes: Pick<Nodes, 'isDraining' | 'isGone' | 'isSilent'>;
  readonly clock: Clock;
  /** As `NatsEngineOptions` has it. */
  readonly homeWaitMs: number;
  /** Whether this node takes homes. */
  isServing(): boolean;
}

/** From one look for a home to the next, in ms, where nothing is heard of it; each time twice as long, up to the most. */
const LOOK_AGAIN_MS = 200;
const LOOK_AGAIN_MOST_MS = 2_000;

/** How whoever was let in finds the home of its environment: here, through a tunnel, or here from now on where the home is gone. */
export class WayHome {
  constructor(private readonly parts: WayHomeParts) {}

  /** For as long as it takes. @returns undefined: too long, or not wanted any more. @throws RelayError ENGINE_AWAY */
  async take<T>(newcomer: Newcomer, arrival: Arrival<T>): Promise<{ readonly done: T } | undefined> {
    const { clock, homes, homeWaitMs } = this.parts;
    const until = clock.elapsed() + homeWaitMs;
    let againMs = LOOK_AGAIN_MS;
    while ((arrival.isWanted?.() ?? true) && this.mayServe(newcomer)) {
      const found = await this.once(newcomer, arrival);
      if (found || clock.elapsed() >= until) return found;
      await homes.news(newcomer.environmentId, againMs);
      againMs = Math.min(2 * againMs, LOOK_AGAIN_MOST_MS);
    }
    return undefined;
  }

  /** @returns undefined: not now, look again */
  private async once<T>(
    newcomer: Newcomer,
    { atHome, through }: Arrival<T>,
  ): Promise<{ readonly done: T } | undefined> {
    const { own, doors, nodes, isServing } = this.parts;
    const { environmentId } = newcomer;
    const found = isServing() ? await own.find(environmentId) : await this.elsewhere(environmentId);
    if (found === undefined) return undefined;
    if (found instanceof OwnHome) {
      const isStill = this.mayServe(newcomer) && own.of(environmentId) === found;
      return isStill ? reached(await atHome(found)) : undefined;
    }
    // It takes nobody in any more, and says when the environment is anybody's.
    if (nodes.isDraining(found)) return undefined;
    const tunnel = await doors.knock(found, newcomer);
    if (typeof tunnel !== 'string') return reached(await through(tunnel));
    // It lives, and is about to be the home no more.
    if (tunnel === 'elsewhere') return undefined;
    // Nobody listens there: either it lives no more, or it is away for a moment.
    const isGone = (await this.isGone(found)) || (tunnel === 'unheard' && nodes.isSilent(found));
    if (isGone && isServing()) await own.find(environmentId, found);
    return undefined;
  }

  private async isGone(node: string): Promise<boolean> {
    try {
      return await this.parts.nodes.isGone(node);
    } catch (cause) {
      throw new RelayError('ENGINE_AWAY', undefined, { cause });
    }
  }

  /** A node that stops takes nobody in any more, and still answers the requests that came before. */
  private mayServe({ kind }: Newcomer): boolean {
    return kind === 'call' || this.parts.isServing();
  }

  /** Where no home may be taken. */
  private async elsewhere(environmentId: string): Promise<string | OwnHome | undefined> {
    const { own, homes } = this.parts;
    const known = own.of(environmentId);
    await known?.ready;
    if (known) return known;
    const node = await homes.nodeOf(environmentId);
    return node === homes.self ? undefined : node;
  }
}

function reached<T>(done: Done<T>): { readonly done: T } | undefined {
  return done === NOT_HERE ? undefined : { done };
}
