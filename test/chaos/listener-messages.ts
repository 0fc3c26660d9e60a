import type { LinkShape, Runtime } from 'twinlane';

/** What a listener of a run is started with. */
export interface ListenerSettings {
  readonly server: string;
  readonly token: string;
  readonly deviceId: string;
  /** Which process of its device this is, counted from 0. */
  readonly process: number;
  readonly workspace: string;
  readonly dataDir: string;
  /** Path of the witness file. */
  readonly witness: string;
  readonly runtimes: readonly Runtime[];
  /** Events a second in each runtime. */
  readonly perSecond: number;
  /** Whether it leaves resumable channels out of what it says it can do. */
  readonly plain: boolean;
  /** Whether it emits at once; otherwise when told to. */
  readonly beginsAtOnce: boolean;
}

/** Injects the settings. */
export const LISTENER_SETTINGS = Symbol('LISTENER_SETTINGS');

export type ToListener = 'begin' | 'finish';

export type FromListener =
  | { readonly what: 'ready'; readonly link: LinkShape | undefined }
  /** Everything emitted is committed and witnessed. */
  | { readonly what: 'finished' }
  /** The link was given up. */
  | { readonly what: 'stopped'; readonly reason: string };
