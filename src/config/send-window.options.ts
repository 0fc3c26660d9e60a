import { IsNumber, Max, Min } from 'class-validator';
import { MAX_WINDOW_GAIN, MIN_WINDOW_GAIN, WINDOW_DEFAULTS, type WindowOptions } from '../channel/index.js';
import { Bytes, Milliseconds } from './whole-number.decorator.js';

/**
 * How much a sender may have in flight on one socket: what of the window (`WindowOptions` of the channel) an application may set.
 * The listener's senders and the relay's have the same.
 *
 * @publicApi
 */
export class SendWindowOptions implements Pick<
  WindowOptions,
  'maxBytes' | 'floorBytes' | 'gain' | 'ackIntervalMs' | 'ackBytes'
> {
  /** Bytes that the peer may not have read yet: never more, however far and fast it is. Default 8 MiB. */
  @Bytes()
  maxBytes: number = WINDOW_DEFAULTS.maxBytes;

  /** Bytes that may always be unread, however near and slow the peer is. Default 12 KiB. */
  @Bytes()
  floorBytes: number = WINDOW_DEFAULTS.floorBytes;

  /** The window is this times what the path holds: rate × (least round trip + ack interval). 1.05 to 4. Default 1.25. */
  @IsNumber()
  @Min(MIN_WINDOW_GAIN)
  @Max(MAX_WINDOW_GAIN)
  gain: number = WINDOW_DEFAULTS.gain;

  /** So long, in ms, the peer may gather what it has read before it acknowledges. Default 5 (protocol section 5). */
  @Milliseconds({ min: 0 })
  ackIntervalMs: number = WINDOW_DEFAULTS.ackIntervalMs;

  /** With so many bytes unacknowledged it does so at once. Default 32 KiB (protocol section 5). */
  @Bytes()
  ackBytes: number = WINDOW_DEFAULTS.ackBytes;
}
