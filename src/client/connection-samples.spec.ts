import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { ConnectionMeter, type MeterReading } from './connection-meter.js';
import type { ConnectionSample } from './connection-sample.js';
import { ConnectionSamples } from './connection-samples.js';

const EVERY_MS = 2_000;

function bench() {
  const clock = new ManualClock();
  const meter = new ConnectionMeter(clock);
  const probes: number[] = [];
  const begun = clock.now();
  const probe = (): void => {
    probes.push(clock.now() - begun);
    meter.pinged('control');
  };
  // What the meter does not count is the keeper's to add.
  const complete = (reading: MeterReading) => reading as unknown as ConnectionSample;
  const samples = new ConnectionSamples({ clock, everyMs: EVERY_MS, meter, probe, complete });
  const next = async (watcher: ReturnType<typeof samples.follow>): Promise<MeterReading> => {
    const { value, done } = await watcher.next();
    if (done) throw new Error('the samples have ended');
    return value as unknown as MeterReading;
  };
  return { clock, meter, probes, samples, next };
}

describe('samples of a connection', () => {
  it('ask for nothing, and cost nothing, while nobody watches', async () => {
    const { clock, probes, samples } = bench();
    await clock.advance(60_000);
    expect([probes, clock.pending]).toEqual([[], 0]);
    const watcher = samples.follow();
    await clock.advance(EVERY_MS);
    await watcher.return();
    expect([probes, clock.pending]).toEqual([[60_000, 60_000 + EVERY_MS], 0]);
    await clock.advance(60_000);
    expect(probes).toHaveLength(2);
  });

  it('say what came since the one before, as rates', async () => {
    const { clock, meter, samples, next } = bench();
    meter.received('stream', 999);
    const watcher = samples.follow();
    for (let i = 0; i < 10; i++) meter.received('stream', 100);
    meter.received('control', 20);
    await clock.advance(2 * EVERY_MS);
    expect((await next(watcher)).channels).toMatchObject({
      stream: { bytesPerSecond: 500, framesPerSecond: 5 },
      control: { bytesPerSecond: 10, framesPerSecond: 0.5 },
    });
    expect((await next(watcher)).channels.stream).toMatchObject({ bytesPerSecond: 0, framesPerSecond: 0 });
    expect(meter.lastFrameAt).toBe(clock.now() - 2 * EVERY_MS);
    await watcher.return();
  });

  it('time the newest answered ping, and say how long one has been without an answer', async () => {
    const { clock, meter, samples, next } = bench();
    const watcher = samples.follow();
    await clock.advance(30);
    meter.ponged('control');
    await clock.advance(EVERY_MS - 30);
    expect(await next(watcher)).toMatchObject({ roundTripMs: 30, unansweredMs: undefined });
    await clock.advance(2 * EVERY_MS);
    expect(await next(watcher)).toMatchObject({ roundTripMs: undefined, unansweredMs: EVERY_MS });
    expect(await next(watcher)).toMatchObject({ roundTripMs: undefined, unansweredMs: 2 * EVERY_MS });
    await watcher.return();
  });

  it('wait for no answer of a socket that is over', async () => {
    const { clock, meter, samples, next } = bench();
    const watcher = samples.follow();
    meter.socket('control', 'closed');
    meter.socket('control', 'open');
    await clock.advance(10);
    meter.pinged('control');
    await clock.advance(5);
    meter.ponged('control');
    await clock.advance(EVERY_MS);
    expect(await next(watcher)).toMatchObject({ roundTripMs: 5, unansweredMs: undefined });
    await watcher.return();
  });

  it('end with one of the closed attachment, for all who watch', async () => {
    const { clock, meter, samples, next } = bench();
    const watchers = [samples.follow(), samples.follow()];
    meter.socket('stream', 'closed');
    samples.end();
    for (const watcher of watchers) {
      expect((await next(watcher)).channels.stream.socket).toBe('closed');
      expect((await watcher.next()).done).toBe(true);
    }
    expect(clock.pending).toBe(0);
    expect((await samples.follow().next()).done).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
