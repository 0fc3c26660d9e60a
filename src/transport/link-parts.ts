import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK } from '../config/index.js';
import type { ChannelName, Clock } from '../protocol/index.js';
import type { Registration } from '../registration/index.js';
import type { LinkAttempt } from './link.js';
import { LINK_OBSERVER, type LinkObserver } from './link-observer.js';
import { PlainChannel, type PlainChannelContext } from './plain-channel.js';
import { SOCKET_DIALER, type SocketDialer } from './socket-dialer.js';
import { TransportOptions } from './transport.options.js';

/** What every kind of link is made of: the dialer, the options, and what the process remembers of its channels. */
@Injectable()
export class LinkParts {
  private readonly log = new Logger('Link');
  private readonly context: PlainChannelContext;

  constructor(
    readonly options: TransportOptions,
    @Inject(SOCKET_DIALER) private readonly dialer: SocketDialer,
    @Inject(CLOCK) clock: Clock,
    @Inject(LINK_OBSERVER) private readonly observer: LinkObserver,
  ) {
    this.context = {
      clock,
      heartbeatMs: options.heartbeatMs,
      maxUnansweredHeartbeats: options.maxUnansweredHeartbeats,
      bufferBoundBytes: options.bufferBoundBytes,
      answered: new Set(),
      gaveUp: (channel, bytes) =>
        this.log.error('The server takes no frames of this size; the largest in flight was given up.', {
          channel,
          bytes,
        }),
      refused: (channel, error) => {
        observer.refused(channel, error.fault);
        this.log.warn(`Refused a message: ${error.message}`, { channel, fault: error.fault });
      },
      inFlightChanged: (channel, bytes) => observer.inFlight(channel, bytes),
    };
  }

  /** @throws DialError */
  async dial(
    { wsUrl, maxFrameBytes }: Registration,
    channel: ChannelName,
    query: Readonly<Record<string, string>>,
    attempt: LinkAttempt,
  ): Promise<PlainChannel> {
    const { deviceId, connectionName, upgradeDeadlineMs } = this.options;
    const url = new URL(wsUrl);
    for (const [name, value] of Object.entries({ deviceId, connectionName, ...query }))
      url.searchParams.set(name, value);
    const socket = await this.dialer(url, {
      token: attempt.token,
      maxFrameBytes,
      deadlineMs: upgradeDeadlineMs,
      signal: attempt.signal,
      observer: this.observer.socket('channel' in query ? channel : 'both'),
    });
    return new PlainChannel(channel, socket, this.context);
  }
}
