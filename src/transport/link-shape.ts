import type { Capabilities, LinkShape } from '../protocol/index.js';

/** What kind of link was agreed. Channels are resumable on paired sockets only (protocol section 2). */
export function shapeOf(agreed: Capabilities): LinkShape {
  if (!agreed.supportsSplitStatusChannels) return { kind: 'legacy', resumable: false };
  return { kind: 'split', resumable: agreed.supportsPairedListenerGenerations && agreed.supportsResumableChannels };
}
