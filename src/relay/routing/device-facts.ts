import type { CurrentLink, EnvironmentRecord } from '../../protocol/index.js';

/** What may ask for a person's attention in an environment. */
export type Attention = Pick<EnvironmentRecord, 'waitingApprovals' | 'lastAsked' | 'lastTurnEnded'>;

/** What a device has told of itself in the newest status of any of its runtimes. */
export interface DeviceFacts {
  readonly mode?: string;
  /** Undefined where git is none. */
  readonly branch?: string | undefined;
  /** How it is connected, or was last; undefined where this process knew no link of it. */
  readonly link?: CurrentLink;
  /** Undefined where nobody was connected to it yet. */
  readonly attention?: Attention;
}
