import type { Capabilities } from '../protocol/index.js';

/** What a server granted: where to dial, and what both sides can do. */
export interface Registration {
  readonly connectionId: string;
  /** With its `lease` in the query. */
  readonly wsUrl: string;
  readonly capabilities: Capabilities;
  /** Bytes of one message. */
  readonly maxFrameBytes: number;
}

/** Where the bearer token comes from; asked again when a server refused the last one. */
export interface TokenSource {
  resolve(): string | Promise<string>;
}

/** @publicApi */
export const TOKEN_SOURCE = Symbol('TOKEN_SOURCE');

/** Injects the `fetch` that registration uses. @publicApi */
export const HTTP_FETCH = Symbol('HTTP_FETCH');
export type HttpFetch = typeof globalThis.fetch;
