import type { ChannelName } from '../../protocol/index.js';

/** What a listener's socket says of itself: its place in the link that it belongs to (protocol section 2). */
export type Hello =
  | { readonly kind: 'legacy' }
  | { readonly kind: 'split'; readonly channel: ChannelName }
  | { readonly kind: 'paired'; readonly channel: ChannelName; readonly generation: string; readonly attempt: number };

/** The lease's open link, as far as pairing goes. */
export interface OpenLink {
  /** Of the socket that began it. */
  readonly begunBy: Hello;
  readonly channels: ReadonlySet<ChannelName>;
}

export type Verdict =
  | { readonly do: 'begin' }
  | { readonly do: 'join' }
  | { readonly do: 'refuse'; readonly reason: string };

const BEGIN: Verdict = { do: 'begin' };
const JOIN: Verdict = { do: 'join' };

/**
 * Where a new socket of a lease belongs. A link that begins replaces the open one.
 *
 * @param open the lease's open link
 * @param highest the highest attempt that ever began under this lease, also when its link is gone
 */
export function judgeHello(hello: Hello, open: OpenLink | undefined, highest: number | undefined): Verdict {
  if (hello.kind === 'legacy') return BEGIN;
  if (hello.kind === 'split') return open && mayJoin(hello, open) ? JOIN : BEGIN;
  if (open && mayJoin(hello, open)) return JOIN;
  if (hello.channel === 'stream')
    return { do: 'refuse', reason: 'No control socket of this generation and attempt is waiting for its stream.' };
  if (highest !== undefined && hello.attempt <= highest)
    return { do: 'refuse', reason: `Attempt ${highest} of this listener has been here already.` };
  return BEGIN;
}

function mayJoin(hello: Exclude<Hello, { kind: 'legacy' }>, { begunBy, channels }: OpenLink): boolean {
  if (channels.has(hello.channel)) return false;
  if (hello.kind === 'split') return begunBy.kind === 'split';
  return begunBy.kind === 'paired' && begunBy.generation === hello.generation && begunBy.attempt === hello.attempt;
}
