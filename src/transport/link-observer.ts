import type { SocketObserver } from '../channel/index.js';
import type { ChannelName, FrameFault } from '../protocol/index.js';
import type { ReconnectCause } from './reconnect-cause.js';

/** Told what happens on the listener's links, so that it can be counted. Must not throw. */
export interface LinkObserver {
  /** @returns who is told of a socket that opens now; `both` is the one socket of a legacy link */
  socket(channel: ChannelName | 'both'): SocketObserver;
  /** Bytes in flight grew by so many; negative: the server has read them, or their socket is gone. */
  inFlight(channel: ChannelName, bytes: number): void;
  /** The window (bytes) and the delivery rate (bytes per second) grew by so much; negative: they shrank, or their socket is gone. */
  paced(channel: ChannelName, windowBytes: number, bytesPerSecond: number): void;
  /** The server confirmed frames; the newest of them so many ms after it was sent. */
  confirmedAfter(channel: ChannelName, ms: number): void;
  /** A message of the server's could not be read as a frame. */
  refused(channel: ChannelName, fault: FrameFault): void;
  /** A link ended, or could not be had; `stop`: the listener gives up. */
  lost(cause: ReconnectCause, next: 'connect' | 'register' | 'stop'): void;
}

/** Injects the `LinkObserver`; the default one counts for `/metrics`. @publicApi */
export const LINK_OBSERVER = Symbol('LINK_OBSERVER');
