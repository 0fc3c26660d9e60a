import type { ChannelName } from '../protocol/index.js';

/** How an open link ended. */
export interface LinkEnd {
  readonly code: number;
  readonly reason: string;
  /** The channel whose socket went first, where that is known. */
  readonly channel?: ChannelName;
}

/** A link that opened its sockets but never became ready; `end` where a close code says why. */
export class LinkError extends Error {
  override readonly name = 'LinkError';

  constructor(
    message: string,
    readonly end?: LinkEnd,
  ) {
    super(message);
  }
}
