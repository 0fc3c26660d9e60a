import type { Duplex } from 'node:stream';
import type { ChannelSocket } from '../../channel/index.js';
import type { EndByAdmin, Frame, RelayNodes, RuntimePage } from '../../protocol/index.js';
import type { Environment } from '../environments/environment.js';
import type { PresenceRecord } from '../environments/presence.js';
import type { AdmittedClient } from '../gateways/client.admission.js';
import type { AdmittedDevice } from '../gateways/device.admission.js';
import type { DeviceFacts } from '../routing/device-facts.js';

/** What of an environment says who may see it. */
export type ScopedEnvironment = Pick<Environment, 'id' | 'organizationId' | 'connectionName'>;

/** Who was let in, and has no socket yet. */
export type Arriving =
  | { readonly kind: 'listener'; readonly admitted: AdmittedDevice }
  | { readonly kind: 'client'; readonly admitted: AdmittedClient };

/**
 * Where environments are served: in this process, or at that one of many relay nodes which is an environment's home. Whoever was let in
 * here comes through this, wherever the home is.
 */
export abstract class Engine {
  /**
   * Finds where whoever was let in is served, before its socket opens: a peer that sees it open is served, and misses nothing from then on.
   * Never rejects.
   *
   * @param stream of its upgrade; one that closes has no socket to come
   */
  abstract prepare(arriving: Arriving, stream: Duplex): Promise<void>;

  /** Takes over a listener's socket that was let in. Never throws. */
  abstract listener(socket: ChannelSocket, admitted: AdmittedDevice): void;

  /** Takes over a client's socket that was let in. Never throws. */
  abstract client(socket: ChannelSocket, admitted: AdmittedClient): void;

  /**
   * One command and its one answer, which may be an error answer.
   *
   * @throws RelayError NODE_AWAY
   */
  abstract request(environmentId: string, command: Frame): Promise<Frame>;

  /**
   * The runtimes of an environment of which there are events, newest first.
   *
   * @param limit entries at most
   * @throws RelayError NODE_AWAY
   */
  abstract runtimesOf(environmentId: string, limit: number): Promise<RuntimePage>;

  /** Undefined for an environment that nobody has had a link of since the relay began. */
  abstract presenceOf(environmentId: string): PresenceRecord | undefined;

  /** What a device has told of itself. */
  abstract factsOf(environmentId: string): DeviceFacts;

  /** An environment has registered, perhaps under another name. */
  abstract named(environment: ScopedEnvironment): void;

  /**
   * An admin has released or deleted an environment, which is written down: its listener is told so, and stops. One that was deleted has
   * no clients any more, and no history.
   *
   * @throws RelayError NODE_AWAY
   */
  abstract end(environmentId: string, how: EndByAdmin): Promise<void>;

  /**
   * An environment was deleted, and is written down nowhere any more. Whoever came to it while that was done is told to come again, and
   * finds it gone. Never throws.
   */
  abstract deleted(environmentId: string): void;

  /** This node stops: what is under way here ends, and what others can go on with is theirs. Before any socket is closed. Never rejects. */
  abstract drain(): Promise<void>;

  /** The nodes that live, by what they said last. */
  abstract nodes(): RelayNodes;

  /** Name of the node that serves an environment; undefined where none does, and where there is one node. */
  abstract servedBy(environmentId: string): string | undefined;
}
