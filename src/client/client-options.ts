import { DEFAULT_MAX_ANSWER_BYTES, SYSTEM_CLOCK, type Clock } from '../protocol/index.js';
import type { WebSocketConstructor } from './web-socket.js';

/** The part of `fetch` that is used here. */
export type FetchLike = (
  url: string,
  init: { method?: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<Response>;

/** Limits of a client. Times in ms. */
export interface ClientLimits {
  /** One REST request, body included. Default 10 s. */
  readonly requestTimeoutMs: number;
  /** From dialling to both sockets being open. Default 10 s. */
  readonly openTimeoutMs: number;
  /** From sending a command to its answer or the next chunk of it, reconnects included, unless the call says otherwise. Default 60 s. */
  readonly commandTimeoutMs: number;
  /** A `ping` on each socket this often (protocol section 2). Default 30 s. */
  readonly heartbeatMs: number;
  /** Unanswered pings in a row after which a socket that has answered before is dead. Default 3. */
  readonly maxUnansweredPings: number;
  /** After this process did not run for a while (sleep), pings come this often until the first answer. Default 5 s. */
  readonly wakePingMs: number;
  /** An acknowledgement goes out this long after the first unacknowledged frame. Default 5 ms. */
  readonly ackDelayMs: number;
  /** Unacknowledged bytes after which it goes out at once. Default 32 KiB. */
  readonly ackBytes: number;
  /** Bytes of events that may wait to be iterated; beyond, nothing is acknowledged and the relay holds back. Default 4 MiB. */
  readonly maxUnreadBytes: number;
  /** Bytes of one answer that comes in chunks; a larger one is a `CommandError`. Default 64 MiB. */
  readonly maxAnswerBytes: number;
  /** How long a broken attachment is re-established before it fails with `DisconnectedError`; 0: never. Default 60 s. */
  readonly reconnectForMs: number;
  /** Waits between attempts are drawn from 0 to this, doubled each time. Default 1 s. */
  readonly backoffFirstMs: number;
  /** The most that bound grows to. Default 30 s. */
  readonly backoffMaxMs: number;
  /** After events were lost: how long an idle runtime must stay silent before a turn counts as over. Default 5 s. */
  readonly settleAfterGapMs: number;
  /** A command without an answer for this long has the relay asked whether the listener is there. Default 2 s. */
  readonly commandPatienceMs: number;
  /** The same for a turn during which nothing comes; it is asked again no sooner than this. Default 5 s. */
  readonly silencePatienceMs: number;
  /** What was read of a terminal is acknowledged this long after it was, or after `ackBytes`. Default 50 ms. */
  readonly terminalAckMs: number;
  /**
   * Bytes of a terminal's output that may come before what precedes them; beyond, what did not come is left out, and the output says so. A
   * device sends 256 KiB unread. Default 1 MiB.
   */
  readonly terminalAheadBytes: number;
  /** Devices that do not say where a terminal's output ends may send the last of it this long after the terminal ended. Default 250 ms. */
  readonly terminalTailMs: number;
  /** How often the connection is sampled, with a ping on control, while somebody iterates `metrics()`. Default 2 s. */
  readonly sampleMs: number;
  /** How often environments are asked for while somebody iterates `watchEnvironments()`. Default 2 s. */
  readonly watchMs: number;
}

/** What counts where a client is told nothing else. */
export const CLIENT_LIMITS: ClientLimits = {
  requestTimeoutMs: 10_000,
  openTimeoutMs: 10_000,
  commandTimeoutMs: 60_000,
  heartbeatMs: 30_000,
  maxUnansweredPings: 3,
  wakePingMs: 5_000,
  ackDelayMs: 5,
  ackBytes: 32 * 1024,
  maxUnreadBytes: 4 * 1024 * 1024,
  maxAnswerBytes: DEFAULT_MAX_ANSWER_BYTES,
  reconnectForMs: 60_000,
  backoffFirstMs: 1_000,
  backoffMaxMs: 30_000,
  settleAfterGapMs: 5_000,
  commandPatienceMs: 2_000,
  silencePatienceMs: 5_000,
  terminalAckMs: 50,
  terminalAheadBytes: 1024 * 1024,
  terminalTailMs: 250,
  sampleMs: 2_000,
  watchMs: 2_000,
};

/** Gives a token that is valid now, and for a while. */
export type ClientTokenSource = () => string | Promise<string>;

/**
 * What a client is made with.
 *
 * @publicApi
 */
export interface TwinlaneClientOptions {
  /** `http:` or `https:` address of the relay, with its path where it has one. */
  readonly server: string;
  /**
   * What the relay is shown; or what gives it, asked for each request, each pair of sockets, and again before the token expires, so that
   * it can be renewed without a reconnect. What is costly to get is for the function to keep. Left out, in a page that the relay serves:
   * the browser's session counts, which `signIn` begins.
   */
  readonly token?: string | ClientTokenSource;
  /**
   * Default: the global `WebSocket`. npm `ws` is given the token in a header; browsers cannot send one, so any other
   * implementation carries it in the query (protocol section 4).
   */
  readonly WebSocket?: WebSocketConstructor;
  /** Default: the global `fetch`. */
  readonly fetch?: FetchLike;
  readonly limits?: Partial<ClientLimits>;
  readonly clock?: Clock;
  /** From 0 up to, not including, 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** Options with every default filled in. */
export interface ClientContext {
  readonly server: URL;
  /** Undefined: the browser shows its session. */
  readonly token: ClientTokenSource | undefined;
  readonly WebSocket: WebSocketConstructor;
  readonly fetch: FetchLike;
  readonly limits: ClientLimits;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws TypeError when the server is no HTTP address, or this platform lacks what was not given */
export function clientContext(options: TwinlaneClientOptions): ClientContext {
  const { token, clock = SYSTEM_CLOCK, random = Math.random } = options;
  const platform = globalThis as { WebSocket?: WebSocketConstructor; fetch?: FetchLike };
  const WebSocket = options.WebSocket ?? platform.WebSocket;
  const fetch = options.fetch ?? platform.fetch?.bind(globalThis);
  if (!WebSocket)
    throw new TypeError('This platform has no WebSocket; pass one: new TwinlaneClient({ WebSocket: … }).');
  if (!fetch) throw new TypeError('This platform has no fetch; pass one: new TwinlaneClient({ fetch: … }).');
  return {
    server: readServer(options.server),
    token: typeof token === 'string' ? () => token : token,
    WebSocket,
    fetch,
    limits: { ...CLIENT_LIMITS, ...options.limits },
    clock,
    random,
  };
}

function readServer(address: string): URL {
  const server = URL.canParse(address) ? new URL(address) : undefined;
  if (!server || !/^https?:$/.test(server.protocol))
    throw new TypeError(`"${address}" is no address of a relay; write it like http://127.0.0.1:7400.`);
  return server;
}

/** An address below the server's own path. */
export function relayUrl(server: URL, path: string, query: Readonly<Record<string, string | undefined>> = {}): URL {
  const url = new URL(server.pathname.replace(/\/$/, '') + path, server);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}
