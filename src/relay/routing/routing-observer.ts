import type { ErrorCode, Runtime } from '../../protocol/index.js';
import type { LimitName } from '../access/limit-name.js';

/** Why a frame went no further. */
export type DropReason =
  /** A device's frame of a link that is over. */
  | 'ended-link'
  /** An event whose name the history has, or whose place has become a hole. */
  | 'known-event'
  /** An answer nobody waits for. */
  | 'unknown-answer'
  /** A frame of a terminal that no client of this relay process owns. */
  | 'unknown-terminal'
  /** Addressed to a client that has left, or more than is kept for one that is away. */
  | 'absent-client'
  /** A message that is no frame, or is nested too deeply or too large; an acknowledgement, or an event's name, that is none. */
  | 'unreadable'
  /** A heartbeat of a client that does not read. */
  | 'stalled-pong'
  /** More terminals than a client may have. */
  | 'too-many-terminals';

/** Told what routing refuses and drops, so that it can be counted. Must not throw. */
export interface RoutingObserver {
  dropped(reason: DropReason): void;
  /** The relay itself answered a command with an error. */
  refused(code: ErrorCode): void;
  /** A client ran into one of its limits. */
  limited(limit: LimitName): void;
  /** The relay closed a client's socket. */
  closed(code: number): void;
  /** So many numbers of a runtime became a hole in its history, which clients are told. */
  lost(events: number, runtime: Runtime): void;
  /** A client's command got its answer, the device's or the relay's, after so many ms. */
  answered(type: string, ms: number): void;
  /** Bytes in flight to clients grew by so many; negative: they have been read, or their socket is gone. */
  inFlight(bytes: number): void;
  /** Windows (bytes) and delivery rates (bytes per second) of clients' sockets grew by so much; negative: they shrank, or their socket is gone. */
  paced(windowBytes: number, bytesPerSecond: number): void;
  /** A client acknowledged frames; the newest of them so many ms after it was sent. */
  confirmedAfter(ms: number): void;
  /** A device was asked to go back to what is missing here. */
  rewound(): void;
  /** So many events came that the device had announced and this relay had not. */
  refilled(events: number): void;
  /** A client that resumes was told whether it misses nothing. */
  resumed(recovered: boolean): void;
  /** A client that resumes has been sent what there was for it, so many ms after its socket had opened. */
  caughtUp(ms: number): void;
}

export const NO_ROUTING_OBSERVER: RoutingObserver = {
  dropped() {},
  refused() {},
  limited() {},
  closed() {},
  lost() {},
  answered() {},
  inFlight() {},
  paced() {},
  confirmedAfter() {},
  rewound() {},
  refilled() {},
  resumed() {},
  caughtUp() {},
};

/** Injects a `RoutingObserver`; without a provider nothing is counted. */
export const ROUTING_OBSERVER = Symbol('ROUTING_OBSERVER');
