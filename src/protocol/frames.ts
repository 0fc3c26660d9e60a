/** One WebSocket text message: a JSON object with a `type`. Fields we do not know are kept and passed on. */
export interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The sign of life that is asked for, and the one that is given, as they are sent (protocol section 2). */
export const PING_TEXT = '{"type":"ping"}';
export const PONG_TEXT = '{"type":"pong"}';

/** The two channels between a listener and its server; what the wire calls `?channel=`. */
export type ChannelName = 'control' | 'stream';

export const CHANNEL_NAMES: readonly ChannelName[] = ['control', 'stream'];

/** The link as routing sees it: how many sockets there are, and whether both ends resume. */
export interface LinkShape {
  readonly kind: 'split' | 'legacy';
  readonly resumable: boolean;
  /** Whether large frames are sent in chunks (protocol section 6). */
  readonly chunked?: boolean;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The `request_id` of a frame, where it has a usable one. */
export function requestIdOf(frame: Frame): string | undefined {
  const id = frame['request_id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}
