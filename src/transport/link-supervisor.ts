import { Inject, Injectable, Logger } from '@nestjs/common';
import { TokenRenewer } from '../channel/index.js';
import { CLOCK } from '../config/index.js';
import {
  type ChannelName,
  CLOSE_CODES,
  type Clock,
  DEFAULT_MAX_FRAME_BYTES,
  type Frame,
  sleep,
  watchForJumps,
} from '../protocol/index.js';
import { type Registration, RegistrationService, TOKEN_SOURCE, type TokenSource } from '../registration/index.js';
import { LastingChannelClient } from './lasting-channel-client.js';
import type { LinkFeed } from './link-feed.js';
import { LINK_OBSERVER, type LinkObserver } from './link-observer.js';
import { LinkPhases } from './link-phases.js';
import { shapeOf } from './link-shape.js';
import { type LinkMonitor, type LinkState } from './link-state.js';
import type { LinkEnd } from './link-end.js';
import { LINK_FACTORY, type LinkFactory, type OpenLink } from './link.js';
import { ReconnectPolicy, type Reconnection, type StopCause } from './reconnect-policy.js';
import { TransportOptions } from './transport.options.js';

/** Sent but unconfirmed frames that are sent again after a reconnect on a plain link (protocol section 5). */
export const MAX_RESENT = 500;

/** How often stopping looks whether everything has reached the server, in ms. */
const SETTLE_POLL_MS = 10;

/** Keeps one link up for as long as the listener runs: registers, connects, reconnects, says goodbye. */
@Injectable()
export class LinkSupervisor implements LinkMonitor {
  readonly control: LastingChannelClient;
  readonly stream: LastingChannelClient;
  private readonly log = new Logger('Link');
  private readonly phases = new LinkPhases();
  private readonly policy: ReconnectPolicy;
  private readonly stopping = new AbortController();
  private readonly feeds: LinkFeed[] = [];
  private link: OpenLink | undefined;
  /** Undefined: register before the next connect. */
  private registration: Registration | undefined;
  /** Undefined: resolve it anew before the next connect. */
  private token: string | undefined;
  /** Whether the server has said that such a token expires: then each link is given one that was asked for then. */
  private tokenExpires = false;
  private running: Promise<void> | undefined;
  private leaving: Promise<void> | undefined;
  private cause: StopCause | undefined;
  private attempts = 0;
  private frameBytes = DEFAULT_MAX_FRAME_BYTES;
  private takesChunks = false;

  constructor(
    private readonly registrations: RegistrationService,
    @Inject(TOKEN_SOURCE) private readonly tokens: TokenSource,
    @Inject(LINK_FACTORY) private readonly links: LinkFactory,
    private readonly options: TransportOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LINK_OBSERVER) observer: LinkObserver,
  ) {
    this.policy = new ReconnectPolicy(options, undefined, observer);
    this.control = this.lastingClient('control');
    this.stream = this.lastingClient('stream');
  }

  get current(): LinkState {
    return this.phases.current;
  }

  /** Why the link was given up; undefined while it runs and after an orderly stop. */
  get stopCause(): StopCause | undefined {
    return this.cause;
  }

  /** Bytes of one message that the server takes, by its newest registration (protocol section 6). */
  get maxFrameBytes(): number {
    return this.frameBytes;
  }

  /** Whether the server takes large answers in chunks, by its newest registration. */
  get chunked(): boolean {
    return this.takesChunks;
  }

  states(): AsyncIterable<LinkState> {
    return this.phases.states();
  }

  /** Adds a feed; before `start`. */
  feed(feed: LinkFeed): void {
    this.feeds.push(feed);
  }

  /** Begins to connect; returns at once. */
  start(): void {
    this.running ??= this.run().catch((error: unknown) => {
      this.log.error(error);
      this.stopped('refused', 'The listener failed; its log has the cause.');
    });
  }

  /** Waits until what was sent has reached the server, at most `drainGraceMs`, and says goodbye. */
  stop(): Promise<void> {
    return (this.leaving ??= this.leave());
  }

  private async leave(): Promise<void> {
    if (this.isStopped()) return;
    const { link } = this;
    this.enter({ phase: 'draining', reason: 'The listener stops.', ...(link ? { link: link.shape } : {}) });
    if (link) {
      await this.settle();
      await link.close(CLOSE_CODES.NORMAL.code, 'Listener stopped', this.options.drainGraceMs);
    }
    this.stopping.abort(new Error('The listener stops.'));
    await this.running;
    if (!this.isStopped()) this.stopped(undefined, 'The listener stopped.');
  }

  private lastingClient(channel: ChannelName): LastingChannelClient {
    const givenUp = (count: number): void =>
      this.log.warn('Frames sent before the link broke were never confirmed, and are too many to send again.', {
        channel,
        count,
      });
    return new LastingChannelClient(channel, this, this.options.maxPendingBytes, MAX_RESENT, givenUp);
  }

  private async run(): Promise<void> {
    while (!this.ending) {
      const after = await this.connectOnce().catch((error: unknown) => this.policy.afterFailure(error));
      if (this.ending) return;
      if (after.next === 'stop') return this.stopped(after.cause, after.reason);
      this.enter({ phase: 'offline', reason: after.reason });
      await sleep(this.clock, after.waitMs, this.stopping.signal);
      if (after.next === 'register') this.registration = undefined;
      if (after.renewToken || this.tokenExpires) this.token = undefined;
    }
  }

  /** Registers where that is needed, connects, and stays until the link has ended. */
  private async connectOnce(): Promise<Reconnection> {
    const { signal } = this.stopping;
    const token = (this.token ??= await this.tokens.resolve());
    if (!this.registration) {
      this.enter({ phase: 'registering' });
      this.registration = await this.registrations.register(token, signal);
      this.frameBytes = this.registration.maxFrameBytes;
      this.takesChunks = shapeOf(this.registration.capabilities).chunked === true;
    }
    const { registration } = this;
    const { connectionId } = registration;
    this.enter({ phase: 'connecting', connectionId });
    const link = await this.links(registration).open({ token, number: ++this.attempts, signal });
    if (this.ending) {
      await link.close(CLOSE_CODES.NORMAL.code, 'Listener stopped', this.options.drainGraceMs);
      return this.policy.afterLink({ code: CLOSE_CODES.NORMAL.code, reason: '' }, 0);
    }
    const readyAt = this.clock.now();
    const end = await this.serve(link, connectionId);
    if (link.control.heard || link.stream.heard) this.policy.admitted();
    return this.policy.afterLink(end, this.clock.now() - readyAt);
  }

  /** From ready until the link has ended. */
  private async serve(link: OpenLink, connectionId: string): Promise<LinkEnd> {
    this.link = link;
    this.enter({ phase: 'ready', connectionId, link: link.shape });
    for (const [client, channel] of this.pairs(link)) {
      channel.attach(client, client.channel === 'control' ? 'urgent' : 'fair');
      client.linkUp(() => channel.wake());
    }
    for (const feed of this.feeds) feed.linkUp(link);
    link.control.receive((frame) => this.arrived(this.control, frame));
    if (link.stream !== link.control) link.stream.receive((frame) => this.arrived(this.stream, frame));

    const renewer = this.renewerOf(link);
    const watch = watchForJumps(this.clock, (missedMs) => this.woke(link, missedMs));
    const end = await link.ended;
    watch.cancel();
    renewer.stop();
    this.link = undefined;
    for (const feed of this.feeds) feed.linkDown();
    this.control.linkDown(link.shape.resumable);
    this.stream.linkDown(link.shape.resumable);
    return end;
  }

  /** Shows the server fresh tokens for as long as the link is up. */
  private renewerOf(link: OpenLink): TokenRenewer {
    const { control } = link;
    const renewer = new TokenRenewer(
      this.clock,
      () => this.tokens.resolve(),
      (frame) => control.sendBare(frame),
      {
        renewed: (token) => (this.token = token),
        failed: (reason) => this.log.warn(`The token expires soon and was not renewed: ${reason}`),
      },
    );
    control.receiveTokenFrames((frame) => {
      this.tokenExpires = true;
      renewer.take(frame);
    });
    return renewer;
  }

  private arrived(client: LastingChannelClient, frame: Frame): void {
    if (!this.feeds.some((feed) => feed.take?.(frame))) client.arrived(frame);
  }

  private pairs(link: OpenLink) {
    return [
      [this.control, link.control],
      [this.stream, link.stream],
    ] as const;
  }

  /** What slept may have lost its sockets without a word (reliability C31). */
  private woke(link: OpenLink, missedMs: number): void {
    this.log.warn('This process did not run for a while; asking whether the server is still there.', { missedMs });
    for (const channel of new Set([link.control, link.stream])) channel.woke();
  }

  private async settle(): Promise<void> {
    const until = this.clock.now() + this.options.drainGraceMs;
    const parts = [this.control, this.stream, ...this.feeds];
    for (let polls = 0; this.link && this.clock.now() < until && !parts.every((part) => part.settled); polls++) {
      await sleep(this.clock, SETTLE_POLL_MS);
      if (polls > 0) continue;
      this.link?.control.ask();
      this.link?.stream.ask();
    }
  }

  private enter(state: LinkState): void {
    this.phases.enter(state);
    const { phase, reason, connectionId } = state;
    const text = reason ? `${phase}: ${reason}` : phase;
    if (phase === 'offline') this.log.warn(text, { connectionId });
    // Whoever runs the listener says why, to whom it concerns.
    else if (phase === 'stopped') this.log.log(phase, { cause: this.cause });
    else this.log.log(text, { connectionId, link: state.link?.kind });
  }

  private get ending(): boolean {
    return this.stopping.signal.aborted || this.current.phase === 'draining' || this.isStopped();
  }

  private isStopped(): boolean {
    return this.phases.current.phase === 'stopped';
  }

  private stopped(cause: StopCause | undefined, reason: string): void {
    this.cause = cause;
    this.enter({ phase: 'stopped', reason });
    this.control.end();
    this.stream.end();
  }
}
