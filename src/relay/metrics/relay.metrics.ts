import { Inject, Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SocketObserver } from '../../channel/index.js';
import { CLOCK } from '../../config/index.js';
import { LossLog, Metrics, TrafficMetrics } from '../../observability/index.js';
import {
  closeNameOf,
  knownType,
  type ChannelName,
  type Clock,
  type ErrorCode,
  type RefusedCount,
  type Runtime,
} from '../../protocol/index.js';
import type { LimitName } from '../access/limit-name.js';
import type { DropReason, RoutingObserver } from '../routing/routing-observer.js';

/** Where something was refused. */
export type RefusedAt = 'command' | 'http' | 'upgrade';

/** Counts what the relay does, for `/metrics`, and logs what clients will never see. */
@Injectable()
export class RelayMetrics implements RoutingObserver {
  private readonly traffic;
  private readonly drops;
  private readonly refusals;
  private readonly limits;
  private readonly closes;
  private readonly lostEvents;
  private readonly commands;
  private readonly requests;
  private readonly flying;
  private readonly windows;
  private readonly rates;
  private readonly rewinds;
  private readonly refills;
  private readonly verdicts;
  private readonly resumes;
  private readonly ackDelays;

  private readonly log = new Logger('History');
  private readonly losses: LossLog;

  constructor(metrics: Metrics, @Inject(CLOCK) clock: Clock) {
    this.losses = new LossLog(clock, (events, runtimes) =>
      this.log.warn(
        `${events} events of ${runtimes} never arrived; clients are told so (resume_gap). The log of their listener may say why.`,
      ),
    );
    this.traffic = new TrafficMetrics(metrics, 'twinlane_relay', ['peer', 'channel']);
    this.drops = metrics.counter('twinlane_relay_dropped_frames_total', 'Frames that went no further.', ['reason']);
    this.refusals = metrics.counter('twinlane_relay_refusals_total', 'What was refused, by error code.', [
      'at',
      'code',
    ]);
    this.limits = metrics.counter('twinlane_relay_limited_total', 'Times somebody ran into a limit, by limit.', [
      'limit',
    ]);
    this.closes = metrics.counter('twinlane_relay_client_closes_total', 'Client sockets that routing closed.', [
      'code',
    ]);
    this.lostEvents = metrics.counter('twinlane_relay_lost_events_total', 'Events that became a hole in a history.');
    this.commands = metrics.durations('twinlane_relay_command_seconds', "From a client's command to its answer.", [
      'type',
    ]);
    this.requests = metrics.durations('twinlane_relay_http_request_seconds', 'HTTP requests, by route.', [
      'method',
      'route',
      'status',
    ]);
    this.flying = metrics.gauge('twinlane_relay_in_flight_bytes', 'Sent to clients, and not known to be read.');
    this.windows = metrics.gauge('twinlane_relay_window_bytes', 'What may be in flight to clients, all together.');
    this.rates = metrics.gauge(
      'twinlane_relay_delivery_bytes_per_second',
      'How fast clients were seen to read, all together.',
    );
    this.rewinds = metrics.counter(
      'twinlane_relay_rewinds_total',
      'Times a device was asked for what is missing here.',
    );
    this.refills = metrics.counter(
      'twinlane_relay_refilled_events_total',
      'Events that a device brought because they were missing here.',
    );
    this.resumes = metrics.durations(
      'twinlane_relay_resume_seconds',
      'From the opening of the socket of a client that resumes until it has been sent what it missed.',
    );
    this.ackDelays = metrics.durations(
      'twinlane_relay_ack_delay_seconds',
      'From sending a frame to a client to its acknowledgement: the newest of each acknowledgement.',
    );
    this.verdicts = metrics.counter('twinlane_relay_resumes_total', 'Clients that resumed, by verdict.', ['recovered']);
  }

  /** @returns who is told of a socket that opens now; without a channel it carries both */
  socket(peer: 'listener' | 'client', channel: ChannelName | undefined): SocketObserver {
    return this.traffic.socket({ peer, channel: channel ?? 'both' });
  }

  refusedAt(at: RefusedAt, code: ErrorCode): void {
    this.refusals.inc({ at, code });
  }

  /** Express middleware that measures requests. */
  readonly measure = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const stop = this.requests.startTimer({ method: request.method ?? 'other' });
    response.once('close', () => stop({ route: routeOf(request), status: String(response.statusCode) }));
    next();
  };

  dropped(reason: DropReason): void {
    this.drops.inc({ reason });
  }

  refused(code: ErrorCode): void {
    this.refusedAt('command', code);
  }

  limited(limit: LimitName): void {
    this.limits.inc({ limit });
  }

  /** What was counted by `limited` since this process began, the most often first. */
  async limitedSoFar(): Promise<readonly RefusedCount[]> {
    const { values } = await this.limits.get();
    return values
      .map(({ labels, value }) => ({ limit: String(labels.limit), count: value }))
      .toSorted((a, b) => b.count - a.count);
  }

  closed(code: number): void {
    this.closes.inc({ code: closeNameOf(code) });
  }

  lost(events: number, runtime: Runtime): void {
    this.lostEvents.inc(events);
    this.losses.add(runtime, events);
  }

  answered(type: string, ms: number): void {
    this.commands.observe({ type: knownType(type) }, ms / 1_000);
  }

  inFlight(bytes: number): void {
    this.flying.inc(bytes);
  }

  paced(windowBytes: number, bytesPerSecond: number): void {
    this.windows.inc(windowBytes);
    this.rates.inc(bytesPerSecond);
  }

  confirmedAfter(ms: number): void {
    this.ackDelays.observe(ms / 1_000);
  }

  caughtUp(ms: number): void {
    this.resumes.observe(ms / 1_000);
  }

  rewound(): void {
    this.rewinds.inc();
  }

  refilled(events: number): void {
    this.refills.inc(events);
  }

  resumed(recovered: boolean): void {
    this.verdicts.inc({ recovered: String(recovered) });
  }
}

/** The pattern, never the path: that one holds ids. */
function routeOf(request: IncomingMessage & { readonly route?: { readonly path?: unknown } }): string {
  const path = request.route?.path;
  return typeof path === 'string' ? path : 'other';
}
