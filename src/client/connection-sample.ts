import type { ChannelName } from '../protocol/index.js';
import type { AttachmentState } from './attachment-options.js';

/** One of the two sockets of an attachment. */
export type SocketPhase = 'connecting' | 'open' | 'closed';

/** One channel between two samples. Rates are of what was received. */
export interface ChannelSample {
  readonly socket: SocketPhase;
  /** UTF-16 units of JSON text, which are bytes but for text beyond ASCII. */
  readonly bytesPerSecond: number;
  readonly framesPerSecond: number;
  /** Read and not acknowledged, in bytes: what the relay still counts as in flight. */
  readonly unacknowledgedBytes: number;
}

/** How the connection of an attachment is, and what came since the sample before. */
export interface ConnectionSample extends Readonly<Record<ChannelName, ChannelSample>> {
  /** Epoch ms. */
  readonly at: number;
  readonly state: AttachmentState;
  /** Of the newest ping on control that was answered since the sample before, in ms; undefined where none was. */
  readonly roundTripMs: number | undefined;
  /** How long the oldest ping on control is without an answer, in ms; undefined where none is. */
  readonly unansweredMs: number | undefined;
  /** Bytes of events that wait for the slowest loop of this client. */
  readonly unreadBytes: number;
  /** What the relay said of the newest reconnect: whether it went on exactly where it broke. Undefined before the first. */
  readonly resumed: boolean | undefined;
  /** Links that broke so far. */
  readonly breaks: number;
  /** Epoch ms: when the newest frame came, on either socket; undefined before the first. */
  readonly lastFrameAt: number | undefined;
}
