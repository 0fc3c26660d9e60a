import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { sleep } from './clock.js';

describe('sleep', () => {
  it('lasts as long as it is told, and leaves nothing behind', async () => {
    const clock = new ManualClock();
    let awake = false;
    void sleep(clock, 100, new AbortController().signal).then(() => (awake = true));
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('ends when its signal is aborted, before or meanwhile', async () => {
    const clock = new ManualClock();
    await sleep(clock, 100, AbortSignal.abort());
    const interruption = new AbortController();
    const slept = sleep(clock, 100, interruption.signal);
    await settle();
    interruption.abort();
    await slept;
    expect(clock.pending).toBe(0);
  });
});
