import { Logger } from '@nestjs/common';
import type { Duplex } from 'node:stream';
import type { ChannelSocket } from '../../../../channel/index.js';
import { CLOSE_CODES, messagesReadReason, type Clock, type Timer } from '../../../../protocol/index.js';
import { RESTART_REASON } from '../../../gateways/restart-reasons.js';
import type { Arriving, Engine } from '../../engine.js';
import { letIn, type Newcomer, newcomerOf, sendsCommands } from '../tunnels/newcomer.js';
import { UpcomingSocket } from './upcoming-socket.js';
import type { WayHome } from './way-home.js';

export interface ArrivingSocketsParts {
  readonly here: Pick<Engine, 'client' | 'listener' | 'named'>;
  readonly way: Pick<WayHome, 'take'>;
  readonly clock: Clock;
}

/** What a peer waits for its socket at most, in ms: it may give up, and that is seen only once it is open. */
const OPEN_AFTER_MS = 1_000;
const NO_HOME = 'The relay node that serves this environment is away; reconnect.';

/** Those who were let in at this node: on their way to the home while their sockets open. */
export class ArrivingSockets {
  private readonly log = new Logger(ArrivingSockets.name);
  private readonly upcoming = new WeakMap<object, UpcomingSocket>();
  /** Those on their way: nothing that they say was passed on. */
  private readonly underWay = new Map<ChannelSocket, Newcomer>();

  constructor(private readonly parts: ArrivingSocketsParts) {}

  /** Not for long: where there is no home yet, its socket opens, and waits for one. As `Engine` has it. */
  async prepare(arriving: Arriving, stream: Duplex): Promise<void> {
    const newcomer = newcomerOf(arriving);
    if (!newcomer) return;
    const socket = new UpcomingSocket();
    this.upcoming.set(arriving.admitted, socket);
    if (stream.destroyed) socket.lost();
    else stream.once('close', () => socket.lost());
    const { clock } = this.parts;
    let timer: Timer | undefined;
    const isLate = new Promise<void>((resolve) => (timer = clock.after(OPEN_AFTER_MS, resolve)));
    await Promise.race([this.bring(newcomer, socket), isLate]);
    timer?.cancel();
  }

  /** Of whom it was prepared. Undefined for a listener that needs no home. */
  of(admitted: Arriving['admitted']): UpcomingSocket | undefined {
    return this.upcoming.get(admitted);
  }

  /** This node stops: whoever has not arrived is told to come again. */
  leave(): void {
    for (const [socket, newcomer] of this.underWay)
      turnAway(socket, newcomer, CLOSE_CODES.RESTART.code, RESTART_REASON);
  }

  /** Brings whoever was let in to the environment's home. Never rejects. */
  private async bring(newcomer: Exclude<Newcomer, { kind: 'call' }>, socket: ChannelSocket): Promise<void> {
    const { environmentId } = newcomer;
    this.underWay.set(socket, newcomer);
    try {
      const reached = await this.parts.way.take<void>(newcomer, {
        atHome: () => {
          // What was told to come again is not to be heard any more.
          if (socket.open) letIn(this.parts.here, newcomer, socket);
        },
        through: (tunnel) => {
          if (socket.open) tunnel.join(socket, sendsCommands(newcomer));
          else tunnel.break();
        },
        isWanted: () => socket.open,
      });
      if (!reached) turnAway(socket, newcomer, CLOSE_CODES.TRY_LATER.code, NO_HOME);
    } catch (error) {
      this.log.warn(`Somebody could not be brought to its environment: ${String(error)}`, { environmentId });
      turnAway(socket, newcomer, CLOSE_CODES.TRY_LATER.code, NO_HOME);
    } finally {
      this.underWay.delete(socket);
    }
  }
}

function turnAway(socket: ChannelSocket, newcomer: Newcomer, code: number, reason: string): void {
  socket.close(code, sendsCommands(newcomer) ? messagesReadReason(reason, 0) : reason);
}
