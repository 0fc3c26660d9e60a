import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK } from '../config/index.js';
import { type ChannelName, type Clock, REFUSED_SIZE_FACTOR } from '../protocol/index.js';
import type { Registration } from '../registration/index.js';
import type { LinkAttempt } from './link.js';
import { LINK_OBSERVER, type LinkObserver } from './link-observer.js';
import { LinkChannel, type LinkChannelContext } from './link-channel.js';
import { shapeOf } from './link-shape.js';
import { DialError, SOCKET_DIALER, type SocketDialer } from './socket-dialer.js';
import { TransportOptions } from './transport.options.js';

/** What every kind of link is made of: the dialer, the options, and what the process remembers of its channels. */
@Injectable()
export class LinkParts {
  private readonly log = new Logger('Link');
  private readonly context: LinkChannelContext;

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
      wakeProbeMs: options.wakeProbeMs,
      bufferBoundBytes: options.bufferBoundBytes,
      window: options.window,
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
      paceChanged: (channel, windowBytes, bytesPerSecond) => observer.paced(channel, windowBytes, bytesPerSecond),
      confirmedAfter: (channel, ms) => observer.confirmedAfter(channel, ms),
    };
  }

  /** @throws DialError */
  async dial(
    { wsUrl, maxFrameBytes, capabilities }: Registration,
    channel: ChannelName,
    query: Readonly<Record<string, string>>,
    attempt: LinkAttempt,
  ): Promise<LinkChannel> {
    const { deviceId, connectionName, deflate, upgradeDeadlineMs } = this.options;
    const url = new URL(wsUrl);
    const { resumable } = shapeOf(capabilities);
    // Where the server takes no fresh tokens it says nothing of when this one expires.
    const renew = resumable && channel === 'control' ? { renew: '1' } : {};
    for (const [name, value] of Object.entries({ deviceId, connectionName, ...query, ...renew }))
      url.searchParams.set(name, value);
    const dialling = new AbortController();
    const giveUp = (): void => dialling.abort(attempt.signal.reason);
    let isLate = false;
    // Of the whole way to an open socket: a server that answers byte by byte keeps no dialer's idle timeout.
    const timer = this.context.clock.after(upgradeDeadlineMs, () => {
      isLate = true;
      dialling.abort();
    });
    attempt.signal.addEventListener('abort', giveUp);
    if (attempt.signal.aborted) giveUp();
    try {
      const socket = await this.dialer(url, {
        token: attempt.token,
        maxFrameBytes: maxFrameBytes * REFUSED_SIZE_FACTOR,
        deadlineMs: upgradeDeadlineMs,
        deflate,
        signal: dialling.signal,
        observer: this.observer.socket('channel' in query ? channel : 'both'),
      });
      return new LinkChannel(channel, socket, this.context, resumable);
    } catch (error) {
      if (!isLate) throw error;
      const text = `${url.host} did not open the ${channel} socket within ${upgradeDeadlineMs / 1_000} s.`;
      throw new DialError(text, { cause: error });
    } finally {
      timer.cancel();
      attempt.signal.removeEventListener('abort', giveUp);
    }
  }
}
