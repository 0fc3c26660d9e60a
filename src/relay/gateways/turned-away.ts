import type { WebSocket } from 'ws';
import { WsSocket } from '../../channel/index.js';
import type { Clock } from '../../protocol/index.js';
import { Places } from '../access/places.js';
import { CUT_GRACE_MS } from './guarded-socket.js';
import type { Closing } from './path.server.js';

/** Of one address at once; beyond, nobody is let in to be told, and pages see no reason. */
export const MOST_TURNED_AWAY = 100;

/** What of a connection is needed here. */
interface Connection {
  readonly destroyed: boolean;
  on(event: 'close', closed: () => void): unknown;
}

/**
 * Pages that are over a limit are let in only to be told by a close code: they count for no limit then, so each stays for a moment, and
 * of one address there are few at once.
 */
export class TurnedAway {
  private readonly places = new Places(MOST_TURNED_AWAY);

  constructor(private readonly clock: Clock) {}

  /** @returns false: refuse its upgrade instead. A place is free again when its connection closes */
  take(address: string, connection: Connection): boolean {
    if (connection.destroyed || !this.places.take(address)) return false;
    connection.on('close', () => this.places.release(address));
    return true;
  }

  /** Tells it, hears nothing that it says, and cuts it where it does not go by itself. */
  close(ws: WebSocket, { code, reason }: Closing): void {
    const socket = new WsSocket(ws);
    const cut = this.clock.after(CUT_GRACE_MS, () => socket.terminate());
    socket.receive({ message: () => {}, closed: () => cut.cancel() });
    socket.close(code, reason);
  }
}
