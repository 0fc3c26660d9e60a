import { commonCapabilities, readCapabilities, type Capabilities } from '../../protocol/index.js';

/** What this relay can do, whoever asks. */
const OFFERED: Capabilities = {
  supportsSplitStatusChannels: true,
  supportsPairedListenerGenerations: true,
  supportsResumableChannels: true,
  supportsChunkedFrames: true,
};

/**
 * What is agreed with a listener (protocol section 1). Split sockets are offered to all: who does not know them ignores the
 * field. Channels resume only where pairs are fenced by generation and the device names its events.
 */
export function agreedCapabilities(metadata: Readonly<Record<string, unknown>>): Capabilities {
  const agreed = commonCapabilities(OFFERED, readCapabilities(metadata));
  const mayResume = agreed.supportsPairedListenerGenerations && namesEvents(metadata);
  const supportsResumableChannels = agreed.supportsResumableChannels && mayResume;
  return {
    ...agreed,
    supportsSplitStatusChannels: true,
    supportsResumableChannels,
    // What is confirmed, and begins again after a reconnect, needs channels that resume.
    supportsChunkedFrames: agreed.supportsChunkedFrames && supportsResumableChannels,
  };
}

/** Whether the device numbers its events per runtime. */
export function namesEvents(metadata: Readonly<Record<string, unknown>>): boolean {
  return metadata['eventSeqScope'] === 'runtime';
}
