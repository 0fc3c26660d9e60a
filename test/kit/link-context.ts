import type { Clock } from '../../src/protocol/index.js';
import type { LinkChannelContext } from '../../src/transport/index.js';

/** What a channel of a link needs of its surroundings: the limits as they are by default, and nobody who listens. */
export function linkContext(clock: Clock): LinkChannelContext {
  return {
    clock,
    heartbeatMs: 30_000,
    maxUnansweredHeartbeats: 3,
    wakeProbeMs: 5_000,
    bufferBoundBytes: 512 * 1024,
    window: {},
    answered: new Set(),
    gaveUp: () => {},
    refused: () => {},
  };
}
