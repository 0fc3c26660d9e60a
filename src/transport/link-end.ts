/** How an open link ended. */
export interface LinkEnd {
  readonly code: number;
  readonly reason: string;
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
