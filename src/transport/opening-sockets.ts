import type { ChannelName } from '../protocol/index.js';
import type { Registration } from '../registration/index.js';
import type { LinkAttempt } from './link.js';
import type { LinkParts } from './link-parts.js';
import type { LinkChannel } from './link-channel.js';

/** The sockets of a link that is not ready yet: when one is lost, or the listener stops, nobody waits for the others. */
export class OpeningSockets {
  private readonly opened: LinkChannel[] = [];
  private readonly abandoned = new AbortController();
  private readonly stopped = (): void => void this.abandon(this.attempt.signal.reason);

  constructor(
    private readonly parts: LinkParts,
    private readonly registration: Registration,
    private readonly attempt: LinkAttempt,
  ) {
    if (attempt.signal.aborted) this.stopped();
    else attempt.signal.addEventListener('abort', this.stopped, { once: true });
  }

  /** @throws DialError */
  async dial(channel: ChannelName, query: Readonly<Record<string, string>>): Promise<LinkChannel> {
    const { signal } = this.abandoned;
    const dialled = await this.parts.dial(this.registration, channel, query, { ...this.attempt, signal });
    this.opened.push(dialled);
    dialled.untilLost().catch((cause: unknown) => this.abandon(cause));
    if (signal.aborted) dialled.terminate();
    return dialled;
  }

  /** The link is ready: from now on it watches its sockets itself. */
  ready(): void {
    this.attempt.signal.removeEventListener('abort', this.stopped);
  }

  /** Cuts every socket and gives up those being dialled. @returns what went wrong first */
  abandon(cause: unknown): unknown {
    this.ready();
    this.abandoned.abort(cause);
    for (const channel of this.opened) channel.terminate();
    return this.abandoned.signal.reason;
  }
}
