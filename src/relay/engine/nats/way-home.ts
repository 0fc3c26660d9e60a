import { sleep, type Clock } from '../../../protocol/index.js';
import { RelayError } from '../../relay.error.js';
import type { Newcomer } from './newcomer.js';
import type { NodeDoors } from './node-doors.js';
import type { Nodes } from './nodes.js';
import { OwnHome, type OwnHomes } from './own-homes.js';
import type { Tunnel } from './tunnel.js';

/** What becomes of whoever wants to be at an environment's home. */
export interface Arrival<T> {
  atHome(home: OwnHome): T | Promise<T>;
  through(tunnel: Tunnel): T | Promise<T>;
  /** Whether it still wants to. */
  isWanted?(): boolean;
}

export interface WayHomeParts {
  readonly own: Pick<OwnHomes, 'find' | 'of'>;
  readonly doors: Pick<NodeDoors, 'knock'>;
  readonly nodes: Pick<Nodes, 'isGone' | 'isSilent'>;
  readonly clock: Clock;
  /** As `NatsEngineOptions` has it. */
  readonly homeWaitMs: number;
  /** Whether this node takes homes. */
  isServing(): boolean;
}

/** Between two looks for a home, in ms. */
const LOOK_AGAIN_MS = 200;

/** How whoever was let in finds the home of its environment: here, through a tunnel, or here from now on where the home is gone. */
export class WayHome {
  constructor(private readonly parts: WayHomeParts) {}

  /** For as long as it takes. @returns undefined: too long, or not wanted any more. @throws RelayError ENGINE_AWAY */
  async take<T>(newcomer: Newcomer, arrival: Arrival<T>): Promise<{ readonly done: T } | undefined> {
    const { clock, homeWaitMs, isServing } = this.parts;
    const until = clock.elapsed() + homeWaitMs;
    while ((arrival.isWanted?.() ?? true) && isServing()) {
      const reached = await this.once(newcomer, arrival);
      if (reached || clock.elapsed() >= until) return reached;
      await sleep(clock, LOOK_AGAIN_MS);
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
    const found = await own.find(environmentId);
    if (found instanceof OwnHome)
      return isServing() && own.of(environmentId) === found ? { done: await atHome(found) } : undefined;
    const tunnel = await doors.knock(found, newcomer);
    if (typeof tunnel !== 'string') return { done: await through(tunnel) };
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
}
