import type { ChannelName, Frame } from '../protocol/index.js';
import type { LinkState } from './link-state.js';

/**
 * Sends and receives on one channel, over any number of reconnects.
 *
 * @publicApi
 */
export interface ChannelClient {
  readonly channel: ChannelName;
  readonly state: LinkState;
  /** Every state from now on, the current one first. */
  states(): AsyncIterable<LinkState>;
  /**
   * Sends a frame that is no event; keeps it until the peer has it.
   *
   * @throws ChannelFullError when more than `maxPendingBytes` wait
   */
  send(frame: Frame): void;
  /** Every frame that arrives on this channel from now on. On a legacy link all arrive on control. */
  frames(): AsyncIterable<Frame>;
}

/** Injects the control channel's `ChannelClient`. @publicApi */
export const CONTROL_CLIENT = Symbol('CONTROL_CLIENT');

/** Injects the stream channel's `ChannelClient`. @publicApi */
export const STREAM_CLIENT = Symbol('STREAM_CLIENT');

/** Too much waits for the peer; the frame was not taken. */
export class ChannelFullError extends Error {
  override readonly name = 'ChannelFullError';

  constructor(channel: ChannelName, maxPendingBytes: number) {
    super(
      `More than ${maxPendingBytes} bytes wait on the ${channel} channel; wait until it is ready, or raise maxPendingBytes.`,
    );
  }
}
