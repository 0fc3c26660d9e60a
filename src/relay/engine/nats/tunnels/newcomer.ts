import type { ChannelSocket } from '../../../../channel/index.js';
import type { EndByAdmin, Frame } from '../../../../protocol/index.js';
import type { AdmittedClient } from '../../../gateways/client.admission.js';
import type { AdmittedDevice } from '../../../gateways/device.admission.js';
import type { Arriving, Engine } from '../../engine.js';

/** What a node asks of an environment's home on behalf of REST. */
export type NodeCall =
  | { readonly method: 'request'; readonly command: Frame }
  | { readonly method: 'runtimes'; readonly limit: number }
  | { readonly method: 'end'; readonly how: EndByAdmin };

/** Who wants to be at an environment's home. Nodes tell it each other in JSON. */
export type Newcomer =
  | { readonly kind: 'listener'; readonly environmentId: string; readonly admitted: AdmittedDevice }
  | { readonly kind: 'client'; readonly environmentId: string; readonly admitted: AdmittedClient }
  /** The first message is the `NodeCall`, the only one that comes back its answer. */
  | { readonly kind: 'call'; readonly environmentId: string };

/** `history=all`, which JSON has no number for. */
const ALL = 'all';

/** Without what may be large and is of no use at the home. */
export function encodeNewcomer(id: string, newcomer: Newcomer): string {
  return JSON.stringify({ id, newcomer: slim(newcomer) }, (_key, value: unknown) => (value === Infinity ? ALL : value));
}

/** Of `encodeNewcomer`. */
export function decodeNewcomer(text: string): { readonly id: string; readonly newcomer: Newcomer } {
  return JSON.parse(text, (key, value: unknown) => (key === 'history' && value === ALL ? Infinity : value)) as {
    readonly id: string;
    readonly newcomer: Newcomer;
  };
}

/** Undefined for a listener that is only to be told why nobody serves it: that needs no home. */
export function newcomerOf(arriving: Arriving): Exclude<Newcomer, { kind: 'call' }> | undefined {
  if (arriving.kind === 'client') return { ...arriving, environmentId: arriving.admitted.attachment.environmentId };
  const { standing } = arriving.admitted;
  return standing.state === 'valid' ? { ...arriving, environmentId: standing.environment.id } : undefined;
}

/** Whether it is a client that knows itself, on a socket where it sends commands: it is told how many of them were passed on. */
export function sendsCommands(newcomer: Newcomer): boolean {
  if (newcomer.kind !== 'client') return false;
  const { client, channel } = newcomer.admitted.attachment;
  return client !== undefined && channel !== 'stream';
}

/** Hands whoever has a socket over to what serves environments here. */
export function letIn(
  engine: Pick<Engine, 'client' | 'listener' | 'named'>,
  newcomer: Exclude<Newcomer, { kind: 'call' }>,
  socket: ChannelSocket,
): void {
  if (newcomer.kind === 'client') return engine.client(socket, newcomer.admitted);
  const { admitted } = newcomer;
  // It may have registered at another node, under another name than this one knows.
  if (admitted.standing.state !== 'unknown') engine.named(admitted.standing.environment);
  engine.listener(socket, admitted);
}

function slim(newcomer: Newcomer): Newcomer {
  if (newcomer.kind !== 'listener' || newcomer.admitted.standing.state === 'unknown') return newcomer;
  const { admitted } = newcomer;
  const standing = {
    ...newcomer.admitted.standing,
    environment: { ...newcomer.admitted.standing.environment, metadata: {} },
  };
  return { ...newcomer, admitted: { ...admitted, standing } };
}
