import { expect, it } from 'vitest';
import { DeliveryRate, type Departure } from './delivery-rate.js';

const SAMPLE_MS = 25;
const MEMORY_MS = 1_000;
const BYTES = 1_000;

/** A sender and a peer that reads what it is given 1 ms later. */
function path() {
  const rate = new DeliveryRate(SAMPLE_MS);
  let now = 0;
  /** So many frames, each sent when the one before it was read. */
  const pass = (frames: number): void => {
    for (let i = 0; i < frames; i++) {
      const departure: Departure = rate.depart(BYTES, now, false);
      now += 1;
      rate.read(BYTES, departure, now, MEMORY_MS);
    }
  };
  /** Nothing to send for so long: it is noticed once everything was read. */
  const idle = (ms: number): void => {
    rate.starved();
    now += ms;
  };
  return { rate, pass, idle };
}

it('samples the rate over 25 ms where round trips are shorter', () => {
  const { rate, pass } = path();
  pass(SAMPLE_MS - 1);
  expect([rate.samples, rate.perMs]).toEqual([0, 0]);
  pass(1);
  expect([rate.samples, rate.perMs]).toEqual([1, BYTES]);
});

it('is not lowered by time in which there was nothing to send, however often a sample spans it', () => {
  const { rate, pass, idle } = path();
  pass(SAMPLE_MS);
  for (let i = 0; i < 200; i++) {
    pass(10);
    idle(500);
  }
  expect(rate.perMs).toBe(BYTES);
});

it('knows of a sample that it says only that the rate is not lower', () => {
  const { rate, pass, idle } = path();
  pass(SAMPLE_MS);
  pass(10);
  idle(500);
  expect([rate.samples, rate.isLimited]).toEqual([1, false]);
  pass(1);
  expect([rate.samples, rate.isLimited]).toEqual([2, true]);
  pass(SAMPLE_MS);
  expect([rate.samples, rate.isLimited]).toEqual([3, false]);
});
