import type { Clock, ErrorCode, Timer } from '../../protocol/index.js';
import type { DeviceLink } from './device-link.js';
import type { Guard } from './guard.js';

/** A frame on its way to the device. */
export interface DeviceBound {
  readonly frame: object;
  /** Bytes it counts while it waits. */
  readonly bytes: number;
  /** Its link is known; before it is sent, because a send may end the link. */
  readonly sent?: (link: DeviceLink) => void;
  /** The device is responsible for it; only on a resumable link. */
  readonly safe?: () => void;
  /** It will not be sent, or sending failed. */
  readonly refused?: (code: ErrorCode) => void;
}

export interface DeviceOutboxLimits {
  /** ms a frame waits for a device that is neither ready nor marked offline. */
  readonly commandWaitMs: number;
  readonly waitingCommandBytes: number;
}

interface Waiting {
  readonly bound: DeviceBound;
  readonly timer: Timer;
}

/** The way to one device: sends while a link is ready, lets frames wait, in order, until one is. */
export class DeviceOutbox {
  private current: DeviceLink | undefined;
  private isOffline = false;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;

  constructor(
    private readonly clock: Clock,
    private readonly limits: DeviceOutboxLimits,
    private readonly guard: Guard,
  ) {}

  /** The ready link. */
  get link(): DeviceLink | undefined {
    return this.current;
  }

  send(bound: DeviceBound): void {
    if (this.current) return this.transmit(this.current, bound);
    if (this.isOffline) return bound.refused?.('DEVICE_OFFLINE');
    if (this.waitingBytes + bound.bytes > this.limits.waitingCommandBytes) return bound.refused?.('TOO_MANY');
    const timer = this.clock.after(this.limits.commandWaitMs, () => this.giveUp(bound));
    this.waiting.push({ bound, timer });
    this.waitingBytes += bound.bytes;
  }

  /** @param again what was sent on an earlier link: before what waits */
  ready(link: DeviceLink, again: readonly DeviceBound[] = []): void {
    this.current = link;
    this.isOffline = false;
    for (const bound of [...again, ...this.takeAll()]) this.send(bound);
  }

  /** @returns false when another link has taken its place already */
  closed(link: DeviceLink): boolean {
    if (this.current !== link) return false;
    this.current = undefined;
    return true;
  }

  /** Nobody is expected back soon: what waits is refused. */
  offline(): void {
    this.current = undefined;
    this.isOffline = true;
    for (const bound of this.takeAll()) this.refuse(bound, 'DEVICE_OFFLINE');
  }

  private transmit(link: DeviceLink, bound: DeviceBound): void {
    let isSent = false;
    this.guard('a command', () => {
      bound.sent?.(link);
      link.send(bound.frame, bound.safe);
      isSent = true;
    });
    if (!isSent) this.refuse(bound, 'OUTCOME_UNKNOWN');
  }

  private giveUp(bound: DeviceBound): void {
    this.waiting = this.waiting.filter((waiting) => waiting.bound !== bound);
    this.waitingBytes -= bound.bytes;
    this.refuse(bound, 'DEVICE_OFFLINE');
  }

  private refuse(bound: DeviceBound, code: ErrorCode): void {
    this.guard('a refused command', () => bound.refused?.(code));
  }

  private takeAll(): DeviceBound[] {
    this.waitingBytes = 0;
    return this.waiting.splice(0).map(({ bound, timer }) => {
      timer.cancel();
      return bound;
    });
  }
}
