import { Inject, Injectable, Logger, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { CLOCK } from '../../config/index.js';
import {
  isAnswered,
  isAnswerType,
  type ChannelName,
  type Clock,
  type Frame,
  type FrameError,
  type RuntimePage,
} from '../../protocol/index.js';
import { ChangedEnvironments } from '../environments/changed-environments.js';
import type { LimitName } from '../access/limit-name.js';
import { CommandRates } from '../access/command-rates.js';
import type { ClientAttachment } from './client-attachment.js';
import type { DeviceFacts } from './device-facts.js';
import type { DeviceLink, Responsibility } from './device-link.js';
import { EnvironmentHub } from './environment-hub.js';
import { relayAnswer } from './error-answers.js';
import { forgetHistory } from './forget-history.js';
import { without } from './frame-text.js';
import { GuardedClock, type Guard } from './guard.js';
import type { HubContext } from './hub-context.js';
import { memoryHistories, OPEN_HISTORY, type OpenHistory } from './open-history.js';
import { NO_ROUTING_AUDIT, ROUTING_AUDIT, type RoutingAudit } from './routing-audit.js';
import { NO_ROUTING_OBSERVER, ROUTING_OBSERVER, type RoutingObserver } from './routing-observer.js';
import { ReplayTurns } from './replay-turns.js';
import { RoutingOptions } from './routing.options.js';

/** 8 hex digits, like the epochs that devices give. */
const EPOCH_BYTES = 4;

/**
 * Who receives what: between the links of devices and the sockets of clients (protocol sections 3 and 4). Nothing that
 * either sends makes these methods throw.
 */
@Injectable()
export class RoutingService implements OnApplicationShutdown {
  private readonly log = new Logger(RoutingService.name);
  private readonly hubs = new Map<string, EnvironmentHub>();
  /** Commits whose failure will be logged: many events are of one. */
  private readonly awaited = new WeakSet<Promise<void>>();
  private readonly clock: GuardedClock;
  private readonly context: HubContext;
  private readonly guard: Guard = (doing, run) => {
    try {
      run();
    } catch (error) {
      this.log.error(`Failed on ${doing}; carrying on.`, error instanceof Error ? error.stack : String(error));
    }
  };

  constructor(
    options: RoutingOptions,
    @Inject(CLOCK) clock: Clock,
    @Optional() @Inject(ROUTING_OBSERVER) private readonly observer: RoutingObserver = NO_ROUTING_OBSERVER,
    @Optional() @Inject(OPEN_HISTORY) private readonly openHistory: OpenHistory = memoryHistories(options),
    @Optional() commandRates: CommandRates = new CommandRates(clock, options.limits),
    @Optional() @Inject(ROUTING_AUDIT) audit: RoutingAudit = NO_ROUTING_AUDIT,
    @Optional() changed: ChangedEnvironments = new ChangedEnvironments(),
  ) {
    this.clock = new GuardedClock(clock, this.guard);
    this.context = {
      audit,
      options,
      clock: this.clock,
      observer,
      guard: this.guard,
      newEpoch: () => randomBytes(EPOCH_BYTES).toString('hex'),
      commandRates,
      changed: (environmentId) => changed.note(environmentId),
      replays: new ReplayTurns(options.replayReadsPerTurn, () => observer.limited('replays')),
      traceOf: (environmentId) => (text, fields) => this.log.debug(text, { environmentId, ...fields }),
    };
  }

  /** Before sockets are closed, listeners first: commands that nobody will carry on are answered. */
  drain(): void {
    for (const hub of this.hubs.values()) this.guard('a drain', () => hub.drain());
  }

  /** Every socket is closed by then: nobody waits for what timers would do. */
  onApplicationShutdown(): void {
    this.clock.stop();
  }

  /** A device's link became ready; an earlier one of the environment is over. What waited for it is sent, in order. */
  linkReady(environmentId: string, link: DeviceLink): void {
    this.guard('a ready link', () => this.hub(environmentId).linkReady(link));
  }

  /**
   * @param frame decoded, never `ping`, `pong` or `ack`; on a legacy link the channel says nothing
   * @param text of the message it came in, where there was one
   * @returns rejects when the relay cannot be responsible for it
   */
  deviceFrame(
    environmentId: string,
    link: DeviceLink,
    channel: ChannelName,
    frame: Frame,
    text?: string,
  ): Responsibility {
    return this.responsibly('a device frame', environmentId, (hub) => hub.deviceFrame(link, channel, frame, text));
  }

  /** What a device sent and was not taken: counted; an event becomes a hole that is told, and whoever waits for an answer gets an error. */
  deviceRefused(environmentId: string, link: DeviceLink, channel: ChannelName, error: FrameError): Responsibility {
    return this.responsibly('a refused frame', environmentId, (hub) => hub.deviceRefused(link, channel, error));
  }

  /** A device ran into a limit: counted. */
  limited(limit: LimitName): void {
    this.observer.limited(limit);
  }

  /**
   * What was sent on this link and not answered is answered with `OUTCOME_UNKNOWN`; on a resumable link it waits for the next
   * one of the same process, and is sent again.
   */
  linkClosed(environmentId: string, link: DeviceLink): void {
    this.guard('a closed link', () => this.hub(environmentId).linkClosed(link));
  }

  /** Commands that wait, and those that come before the next ready link, are answered with `DEVICE_OFFLINE`. */
  markedOffline(environmentId: string): void {
    this.guard('an offline device', () => this.hub(environmentId).markedOffline());
  }

  /** Takes a client's socket over: reads its frames, answers pings, acknowledgements and commands. */
  attach(client: ClientAttachment): void {
    this.guard('a new client', () => this.hub(client.environmentId).attach(client));
  }

  /**
   * One command and its one answer, which may be an error answer; never rejects.
   *
   * @param command of a type that is answered; it cannot answer approvals
   */
  request(environmentId: string, command: Frame): Promise<Frame> {
    const { type } = command;
    if (!isAnswered(type) || isAnswerType(type))
      return Promise.resolve(relayAnswer(type, 'COMMAND_INVALID', `"${type}" has no answer; send it over a socket.`));
    return new Promise((resolve) => {
      const isNamed = 'request_id' in command;
      const frame = isNamed ? command : { ...command, request_id: '' };
      const deliver = (answer: Frame): void => resolve(isNamed ? answer : without(answer, 'request_id'));
      this.guard('a request', () => {
        try {
          this.hub(environmentId).request(frame, deliver);
        } catch (error) {
          // Nobody else would ever answer it.
          deliver(relayAnswer(type, 'INTERNAL'));
          throw error;
        }
      });
    });
  }

  /** A token was revoked: what its clients own, such as terminals, ends at once. */
  tokenRevoked(tokenId: string): void {
    for (const hub of this.hubs.values()) this.guard('a revoked token', () => hub.tokenRevoked(tokenId));
  }

  /** An environment was deleted: whoever waits for its device is told, and its history goes. */
  remove(environmentId: string): void {
    this.guard('a deleted environment', () => {
      const hub = this.hubs.get(environmentId);
      this.hubs.delete(environmentId);
      if (hub) hub.remove();
      else forgetHistory(this.openHistory(environmentId));
    });
  }

  /** Whether anybody waits for an answer that would never come, were the environment served elsewhere from now on. */
  isBusy(environmentId: string): boolean {
    return this.hubs.get(environmentId)?.isBusy === true;
  }

  /** Whether anybody, also one who may be back, waits for an answer that would never come, were the environment served elsewhere from now on. */
  isAwaited(environmentId: string): boolean {
    return this.hubs.get(environmentId)?.isAwaited === true;
  }

  /** Just before `leave`, while clients can be told: what waits for the device they are to send again elsewhere. */
  sendBack(environmentId: string): void {
    this.guard('commands that wait', () => this.hubs.get(environmentId)?.sendBack());
  }

  /** Another node serves an environment from now on, with what its history keeps: whoever waits for an answer is told. */
  leave(environmentId: string): void {
    const hub = this.hubs.get(environmentId);
    this.hubs.delete(environmentId);
    if (hub) this.guard('an environment that leaves', () => hub.leave());
  }

  /** What the histories of all environments keep. */
  get historyBytes(): number {
    let bytes = 0;
    for (const hub of this.hubs.values()) bytes += hub.historyBytes;
    return bytes;
  }

  /** What the device has told of itself; where nobody was connected to it yet, nothing is read for that. */
  factsOf(environmentId: string): DeviceFacts {
    return this.hubs.get(environmentId)?.facts ?? {};
  }

  /** The runtimes of an environment of which there are events, newest first, also while its device is offline. @param limit entries at most */
  runtimesOf(environmentId: string, limit: number): Promise<RuntimePage> {
    return this.hub(environmentId).runtimesKept(limit);
  }

  /** What failed is of no use to anybody and not sent again, unless the failure was the relay's own: to commit it. */
  private responsibly(
    doing: string,
    environmentId: string,
    run: (hub: EnvironmentHub) => Responsibility,
  ): Responsibility {
    let responsible: Responsibility;
    this.guard(doing, () => {
      responsible = run(this.hub(environmentId));
    });
    if (responsible && !this.awaited.has(responsible)) {
      this.awaited.add(responsible);
      responsible.catch((error: unknown) => {
        // Where another node serves the environment by now, the device brings it there.
        if (this.hubs.has(environmentId)) this.log.error('An event could not be committed.', error);
        else this.log.debug(`An event was not committed here: ${String(error)}`, { environmentId });
      });
    }
    return responsible;
  }

  private hub(environmentId: string): EnvironmentHub {
    let hub = this.hubs.get(environmentId);
    if (!hub) {
      hub = new EnvironmentHub(environmentId, this.openHistory(environmentId), this.context);
      this.hubs.set(environmentId, hub);
    }
    return hub;
  }
}
