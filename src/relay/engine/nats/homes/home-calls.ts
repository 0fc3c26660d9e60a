import type { ErrorCode } from '../../../../protocol/index.js';
import { RelayError } from '../../../relay.error.js';
import type { EmbeddedEngine } from '../../embedded.engine.js';
import type { NodeCall } from '../tunnels/newcomer.js';
import { callThrough } from './node-calls.js';
import type { OwnHomes } from './own-homes.js';
import { NOT_HERE, type WayHome } from './way-home.js';

export interface HomeCallsParts {
  readonly here: Pick<EmbeddedEngine, 'request' | 'runtimesOf' | 'end'>;
  readonly own: Pick<OwnHomes, 'has' | 'remove'>;
  readonly way: Pick<WayHome, 'take'>;
}

/** What REST asks of environments: each is asked of the home, wherever that is. */
export class HomeCalls {
  constructor(private readonly parts: HomeCallsParts) {}

  /** @throws RelayError NODE_AWAY, and what the home throws */
  async call(environmentId: string, call: NodeCall): Promise<unknown> {
    const reached = await this.parts.way.take<unknown>(
      { kind: 'call', environmentId },
      { atHome: () => this.serve(environmentId, call), through: (tunnel) => callThrough(tunnel, call) },
    );
    if (!reached) throw new RelayError('NODE_AWAY');
    return reached.done;
  }

  /** What a call asks for, at the home. @returns `NOT_HERE` where that has moved before anything was done */
  async serve(environmentId: string, call: NodeCall): Promise<unknown> {
    const { here, own } = this.parts;
    // It was the home when the tunnel began; what is not here any more would be asked for in vain.
    if (!own.has(environmentId)) return NOT_HERE;
    if (call.method === 'request') {
      const answer = await here.request(environmentId, call.command);
      // It waited for a device that comes to another node now.
      const isUnsent = answer['error_code'] === ('DEVICE_OFFLINE' satisfies ErrorCode);
      return isUnsent && !own.has(environmentId) ? NOT_HERE : answer;
    }
    if (call.method === 'runtimes') return here.runtimesOf(environmentId, call.limit);
    await here.end(environmentId, call.how);
    if (call.how === 'deleted') await own.remove(environmentId);
    return null;
  }
}
