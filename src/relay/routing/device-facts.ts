import type { CurrentLink } from '../../protocol/index.js';

/** What a device has told of itself in the newest status of any of its runtimes. */
export interface DeviceFacts {
  readonly mode?: string;
  /** Undefined where git is none. */
  readonly branch?: string | undefined;
  /** How it is connected; undefined while it is not. */
  readonly link?: CurrentLink;
}
