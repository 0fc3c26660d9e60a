import type { LinkShape } from '../protocol/index.js';
import type { Registration } from '../registration/index.js';
import type { LinkEnd } from './link-end.js';
import type { LinkChannel } from './link-channel.js';

/** One try to connect. */
export interface LinkAttempt {
  readonly token: string;
  /** Counts up per process (protocol section 2). */
  readonly number: number;
  readonly signal: AbortSignal;
}

/** A link that is ready: both channels work. On a legacy link they are one and the same. */
export interface OpenLink {
  readonly shape: LinkShape;
  readonly control: LinkChannel;
  readonly stream: LinkChannel;
  /** Resolves once, as soon as either socket has closed; both are down then. */
  readonly ended: Promise<LinkEnd>;
  /** Says goodbye on every socket; a peer that does not answer in `graceMs` is cut off. */
  close(code: number, reason: string, graceMs: number): Promise<void>;
}

/** A way to connect, chosen from what registration agreed. */
export interface Link {
  /** Dials and resolves when the link is ready. @throws DialError, LinkError */
  open(attempt: LinkAttempt): Promise<OpenLink>;
}

export type LinkFactory = (registration: Registration) => Link;

/** Injects the `LinkFactory`. @publicApi */
export const LINK_FACTORY = Symbol('LINK_FACTORY');
