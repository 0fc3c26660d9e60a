import type { Frame } from '../protocol/index.js';
import type { OpenLink } from './link.js';

/** Whoever puts frames of its own on every link: the emitter, with its cursors. */
export interface LinkFeed {
  /** A link is ready: attach sources to its channels. */
  linkUp(link: OpenLink): void;
  /** That link is gone, with everything in flight on it. */
  linkDown(): void;
  /** Takes a frame of the server's that is about what this feed sends. @returns whether it was one */
  take?(frame: Frame): boolean;
  /** Whether everything has reached the peer. */
  readonly settled: boolean;
}
