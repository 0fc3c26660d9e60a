import type { Capabilities, LinkShape } from '../protocol/index.js';

/** What kind of link was agreed. Channels are resumable on paired sockets only, and chunks come on resumable channels only. */
export function shapeOf(agreed: Capabilities): LinkShape {
  if (!agreed.supportsSplitStatusChannels) return { kind: 'legacy', resumable: false };
  const resumable = agreed.supportsPairedListenerGenerations && agreed.supportsResumableChannels;
  return { kind: 'split', resumable, ...(resumable && agreed.supportsChunkedFrames ? { chunked: true } : {}) };
}
