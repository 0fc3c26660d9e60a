import { describe, expect, it } from 'vitest';
import { DirectFrames } from './direct-frames.js';

function bench(maxBytes = 100) {
  let sent = 0;
  const frames = new DirectFrames(maxBytes, () => sent + 1);
  const undelivered: string[] = [];
  const push = (text: string, urgency: 'urgent' | 'fair' = 'urgent', untilAcknowledged = true): boolean =>
    frames.push({ text, urgency, untilAcknowledged, undelivered: () => undelivered.push(text) });
  const take = (): string | undefined => {
    const frame = frames.urgent.next() ?? frames.fair.next();
    if (frame) sent++;
    return frame?.text;
  };
  return { frames, push, take, undelivered };
}

describe('DirectFrames', () => {
  it('gives back what was not acknowledged, oldest first', () => {
    const { frames, push, take, undelivered } = bench();
    for (const text of ['a', 'b', 'c']) push(text);
    expect([take(), take()]).toEqual(['a', 'b']);
    frames.acknowledged(1);
    frames.end();
    expect(undelivered).toEqual(['b', 'c']);
  });

  it('gives back what was not sent, where nobody acknowledges', () => {
    const { frames, push, take, undelivered } = bench();
    push('a', 'fair', false);
    push('b', 'fair', false);
    take();
    frames.end();
    expect(undelivered).toEqual(['b']);
  });

  it('is bounded by what waits and what is unacknowledged', () => {
    const { frames, push, take } = bench(10);
    expect(push('123456')).toBe(true);
    take();
    expect(push('12345')).toBe(false);
    frames.acknowledged(1);
    expect(push('12345')).toBe(true);
  });
});
