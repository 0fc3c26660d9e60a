import type { LinkShape } from '../protocol/index.js';
import type { LinkEnd } from './link-end.js';
import type { OpenLink } from './link.js';
import type { LinkChannel } from './link-channel.js';

/** A ready link over one or two sockets: if either closes, both go. */
export class OpenChannels implements OpenLink {
  readonly ended: Promise<LinkEnd>;
  private readonly channels: readonly LinkChannel[];

  constructor(
    readonly shape: LinkShape,
    readonly control: LinkChannel,
    readonly stream: LinkChannel,
  ) {
    this.channels = control === stream ? [control] : [control, stream];
    this.ended = Promise.race(this.channels.map((channel) => channel.ended)).then((end) => {
      // Cut, not closed: a close code of ours would tell the server that this listener leaves on purpose.
      for (const channel of this.channels) channel.terminate();
      return end;
    });
  }

  async close(code: number, reason: string, graceMs: number): Promise<void> {
    for (const channel of this.channels) channel.close(code, reason);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([Promise.all(this.channels.map((channel) => channel.ended)), late]);
    clearTimeout(timer);
    for (const channel of this.channels) channel.terminate();
  }
}
