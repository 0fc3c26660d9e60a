import { Logger } from '@nestjs/common';
import { CLOSE_CODES, messagesReadReason } from '../../../../protocol/index.js';
import { MOVED_REASON } from '../../../gateways/restart-reasons.js';
import type { EmbeddedEngine } from '../../embedded.engine.js';
import { letIn, type Newcomer, sendsCommands } from '../tunnels/newcomer.js';
import type { Tunnel } from '../tunnels/tunnel.js';
import type { HomeCalls } from './home-calls.js';
import type { Homes } from './homes.js';
import { answerCalls } from './node-calls.js';
import { OwnHome, type OwnHomes } from './own-homes.js';

export interface HomeDoorParts {
  readonly here: Pick<EmbeddedEngine, 'client' | 'listener' | 'named' | 'serves' | 'isAwaited'>;
  readonly own: Pick<OwnHomes, 'of' | 'leave' | 'find'>;
  readonly homes: Pick<Homes, 'self' | 'nodeOf'>;
  readonly calls: Pick<HomeCalls, 'serve'>;
  /** Whether this node takes homes. */
  isServing(): boolean;
}

/** Lets in who comes from another node, which takes this one for the home. */
export class HomeDoor {
  private readonly log = new Logger(HomeDoor.name);

  constructor(private readonly parts: HomeDoorParts) {}

  /** As `NodeDoors` asks it. */
  async receive(newcomer: Newcomer): Promise<((tunnel: Tunnel) => void) | undefined> {
    const { here, own, homes, calls, isServing } = this.parts;
    if (!isServing()) return undefined;
    const { environmentId } = newcomer;
    const known = own.of(environmentId);
    if (!known && (await homes.nodeOf(environmentId)) !== homes.self) return undefined;
    // The home is best where the listener is. What was asked here is answered here.
    const isNeeded = here.serves(environmentId) || here.isAwaited(environmentId);
    if (newcomer.kind === 'listener' && known?.expected === 0 && !isNeeded) {
      await own.leave(environmentId);
      return undefined;
    }
    const home = await own.find(environmentId);
    if (!(home instanceof OwnHome)) return undefined;
    if (newcomer.kind === 'call')
      return (tunnel) =>
        answerCalls(
          tunnel,
          (call) => calls.serve(environmentId, call),
          (error) => this.log.error(error),
        );
    return (tunnel) => {
      const isStill = isServing() && own.of(environmentId) === home;
      if (isStill) letIn(here, newcomer, tunnel);
      // What it has sent meanwhile nobody has read.
      else if (sendsCommands(newcomer)) tunnel.close(CLOSE_CODES.RESTART.code, messagesReadReason(MOVED_REASON, 0));
      else tunnel.break();
    };
  }
}
