import type { IncomingMessage } from 'node:http';
import type { MatchFunction } from 'path-to-regexp';
import { type ServerOptions, WebSocketServer } from 'ws';
import { RelayError } from '../relay.error.js';
import type { SilenceWatch } from './silence-watch.js';

/** What an upgrade asked for. */
export interface UpgradeRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
}

/** Decides about an upgrade before a socket exists; what it returns goes to `handleConnection`. Refuses by throwing `RelayError`. */
export type Admit<A> = (upgrade: UpgradeRequest) => Promise<A>;

/** How a socket is closed that was let in only to be told so. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** The WebSocket server of one gateway: it owns a path pattern, and lets nobody in until its gateway says how (fail closed). */
export class PathServer<A = unknown> extends WebSocketServer {
  /** At shutdown, whether its sockets are closed before those of the others. Set by the gateway in `afterInit`. */
  closesFirst = false;

  /** Set by the gateway in `afterInit`. */
  admit: Admit<A> = async () => {
    throw new RelayError('NOT_READY');
  };

  /** Between `admit` and the upgrade; never rejects. Set by the gateway in `afterInit`. */
  prepare: (admitted: A, upgrade: UpgradeRequest) => Promise<void> = async () => {};

  /** Where a peer could not see the refusal of its upgrade: how it is told otherwise. Set by the gateway in `afterInit`. */
  closingOf: (upgrade: UpgradeRequest, refusal: RelayError) => Closing | undefined = () => undefined;

  constructor(
    readonly match: MatchFunction<Record<string, string>>,
    /** Its open sockets. */
    readonly watch: SilenceWatch,
    options: ServerOptions,
  ) {
    super({ ...options, noServer: true, clientTracking: false });
  }
}
