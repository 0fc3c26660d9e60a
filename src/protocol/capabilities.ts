/** What a server agreed to. A capability counts only when the value is exactly `true` (protocol section 1). */
export interface Capabilities {
  readonly supportsSplitStatusChannels: boolean;
  readonly supportsPairedListenerGenerations: boolean;
  readonly supportsResumableChannels: boolean;
  readonly supportsChunkedFrames: boolean;
}

/** Reads the capabilities of a registration, of either side. Absent, `"true"`, `1`: all mean false. */
export function readCapabilities(body: Readonly<Record<string, unknown>>): Capabilities {
  const says = (name: keyof Capabilities): boolean => body[name] === true;
  return {
    supportsSplitStatusChannels: says('supportsSplitStatusChannels'),
    supportsPairedListenerGenerations: says('supportsPairedListenerGenerations'),
    supportsResumableChannels: says('supportsResumableChannels'),
    supportsChunkedFrames: says('supportsChunkedFrames'),
  };
}

/** What both sides said. */
export function commonCapabilities(a: Capabilities, b: Capabilities): Capabilities {
  return {
    supportsSplitStatusChannels: a.supportsSplitStatusChannels && b.supportsSplitStatusChannels,
    supportsPairedListenerGenerations: a.supportsPairedListenerGenerations && b.supportsPairedListenerGenerations,
    supportsResumableChannels: a.supportsResumableChannels && b.supportsResumableChannels,
    supportsChunkedFrames: a.supportsChunkedFrames && b.supportsChunkedFrames,
  };
}
