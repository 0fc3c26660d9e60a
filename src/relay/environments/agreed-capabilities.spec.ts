import { describe, expect, it } from 'vitest';
import { agreedCapabilities } from './agreed-capabilities.js';

const RESUMABLE = {
  supportsResumableChannels: true,
  supportsPairedListenerGenerations: true,
  eventSeqScope: 'runtime',
};

describe('agreedCapabilities', () => {
  it('offers split sockets to all, and the rest to who knows it', () => {
    expect(agreedCapabilities({})).toEqual({
      supportsSplitStatusChannels: true,
      supportsPairedListenerGenerations: false,
      supportsResumableChannels: false,
      supportsChunkedFrames: false,
    });
    expect(agreedCapabilities(RESUMABLE)).toMatchObject({
      supportsPairedListenerGenerations: true,
      supportsResumableChannels: true,
    });
  });

  it.each(Object.keys(RESUMABLE))('agrees on resumable channels only where %s says so exactly', (name) => {
    for (const value of [undefined, 'true', 1])
      expect(agreedCapabilities({ ...RESUMABLE, [name]: value }).supportsResumableChannels).toBe(false);
  });
});
