import type { ChannelName } from '../protocol/index.js';
import type { Registration } from '../registration/index.js';
import { randomUUID } from 'node:crypto';
import type { Link, LinkAttempt, OpenLink } from './link.js';
import type { LinkParts } from './link-parts.js';
import { OpenChannels } from './open-channels.js';
import { shapeOf } from './link-shape.js';
import { OpeningSockets } from './opening-sockets.js';
import type { Generation, LinkChannel } from './link-channel.js';

/** Two sockets, control and stream, with or without paired generations (protocol section 2). */
export class SplitLink implements Link {
  constructor(
    private readonly parts: LinkParts,
    private readonly registration: Registration,
  ) {}

  async open(attempt: LinkAttempt): Promise<OpenLink> {
    const sockets = new OpeningSockets(this.parts, this.registration, attempt);
    try {
      const [control, stream] = this.registration.capabilities.supportsPairedListenerGenerations
        ? await this.openPaired(sockets, { id: randomUUID(), attempt: attempt.number })
        : await Promise.all([
            sockets.dial('control', { channel: 'control' }),
            sockets.dial('stream', { channel: 'stream' }),
          ]);
      sockets.ready();
      return new OpenChannels(shapeOf(this.registration.capabilities), control, stream);
    } catch (error) {
      throw sockets.abandon(error);
    }
  }

  /** Control first; stream only once control is ready, so that the server never joins sockets of two generations. */
  private async openPaired(sockets: OpeningSockets, generation: Generation): Promise<[LinkChannel, LinkChannel]> {
    const open = async (channel: ChannelName): Promise<LinkChannel> => {
      const query = { connectionGeneration: generation.id, connectionAttempt: String(generation.attempt) };
      const dialled = await sockets.dial(channel, { channel, ...query });
      await dialled.ready(generation, this.parts.options.readyDeadlineMs);
      return dialled;
    };
    return [await open('control'), await open('stream')];
  }
}
