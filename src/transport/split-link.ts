import type { ChannelName } from '../protocol/index.js';
import type { Registration } from '../registration/index.js';
import { randomUUID } from 'node:crypto';
import type { Link, LinkAttempt, OpenLink } from './link.js';
import type { LinkParts } from './link-parts.js';
import { OpenPlainLink } from './open-plain-link.js';
import type { Generation, PlainChannel } from './plain-channel.js';

/** Two sockets, control and stream, with or without paired generations (protocol section 2). */
export class SplitLink implements Link {
  constructor(
    private readonly parts: LinkParts,
    private readonly registration: Registration,
  ) {}

  async open(attempt: LinkAttempt): Promise<OpenLink> {
    const opened: PlainChannel[] = [];
    try {
      const [control, stream] = this.registration.capabilities.supportsPairedListenerGenerations
        ? await this.openPaired(attempt, opened)
        : await this.openTogether(attempt, opened);
      return new OpenPlainLink({ kind: 'split', resumable: false }, control, stream);
    } catch (error) {
      for (const channel of opened) channel.terminate();
      throw error;
    }
  }

  /** Control first; stream only once control is ready, so that the server never joins sockets of two generations. */
  private async openPaired(attempt: LinkAttempt, opened: PlainChannel[]): Promise<[PlainChannel, PlainChannel]> {
    const generation: Generation = { id: randomUUID(), attempt: attempt.number };
    const control = await this.dial('control', attempt, opened, generation);
    await control.ready(generation, this.parts.options.readyDeadlineMs);
    const stream = await this.dial('stream', attempt, opened, generation);
    await stream.ready(generation, this.parts.options.readyDeadlineMs);
    return [control, stream];
  }

  private async openTogether(attempt: LinkAttempt, opened: PlainChannel[]): Promise<[PlainChannel, PlainChannel]> {
    const dialled = await Promise.allSettled([
      this.dial('control', attempt, opened),
      this.dial('stream', attempt, opened),
    ]);
    const [control, stream] = dialled;
    if (control.status === 'rejected') throw control.reason;
    if (stream.status === 'rejected') throw stream.reason;
    return [control.value, stream.value];
  }

  private async dial(
    channel: ChannelName,
    attempt: LinkAttempt,
    opened: PlainChannel[],
    generation?: Generation,
  ): Promise<PlainChannel> {
    const query = {
      channel,
      ...(generation ? { connectionGeneration: generation.id, connectionAttempt: String(generation.attempt) } : {}),
    };
    const dialled = await this.parts.dial(this.registration, channel, query, attempt);
    opened.push(dialled);
    return dialled;
  }
}
