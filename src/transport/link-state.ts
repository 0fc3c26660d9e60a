import type { LinkShape } from '../protocol/index.js';

/** How the listener is connected right now. */
export type LinkPhase = 'offline' | 'registering' | 'connecting' | 'ready' | 'draining' | 'stopped';

export interface LinkState {
  readonly phase: LinkPhase;
  /** The server's name for this tie; present from registration on. */
  readonly connectionId?: string;
  /** Present while ready, and while a ready link drains: commands still come on it. */
  readonly link?: LinkShape;
  /** Why the link is down, in words for a person. */
  readonly reason?: string;
}

/** Watches the link without steering it. */
export interface LinkMonitor {
  readonly current: LinkState;
  /** Every state from now on, the current one first. */
  states(): AsyncIterable<LinkState>;
}

export const LINK_MONITOR = Symbol('LINK_MONITOR');
