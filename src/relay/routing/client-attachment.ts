import type { ChannelSocket } from '../../channel/index.js';
import type { ChannelName } from '../../protocol/index.js';

/** One client socket that was let in, with everything its upgrade said. */
export interface ClientAttachment {
  readonly environmentId: string;
  /** Names the token without being it: tokens never travel through routing. */
  readonly tokenId: string;
  /** What people call it. */
  readonly tokenName?: string | undefined;
  /** Where its upgrade came from, as limits count it. */
  readonly address?: string | undefined;
  /** `client=`: ours name themselves, stock clients do not. */
  readonly client: string | undefined;
  readonly agentId: string | undefined;
  readonly conversationId: string | undefined;
  /** Undefined: this socket gets everything. */
  readonly channel: ChannelName | undefined;
  /** `chunks=1`: large frames may come in chunks. */
  readonly chunks?: boolean;
  /** `requests=1`: it wants to know which of its requests are still in flight. */
  readonly asksForRequests?: boolean;
  readonly resume: { readonly seq: number; readonly epoch: string | undefined } | undefined;
  /** Where it does not resume: how many of the newest events it wants to see first, as far as they are kept. Default none. */
  readonly history?: number;
  readonly mayApprove: boolean;
  /** Whether it may send commands; else it watches. */
  readonly maySteer: boolean;
  readonly socket: ChannelSocket;
}
