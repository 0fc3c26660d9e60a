import { signal } from '@preact/signals';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { Asked } from './asked.store.js';

const EVERY_MS = 1_000;

function bench() {
  const clock = new ManualClock();
  const visible = signal(true);
  const relay = { answers: 0, fails: undefined as Error | undefined };
  const asked = new Asked(
    async () => {
      relay.answers++;
      if (relay.fails) throw relay.fails;
      return relay.answers;
    },
    () => false,
  );
  return { clock, visible, relay, asked, end: asked.follow(clock, visible, EVERY_MS) };
}

it('asks again and again, also after the relay did not answer', async () => {
  const { clock, relay, asked } = bench();
  await clock.advance(0);
  expect(asked.value.value).toBe(1);
  relay.fails = new Error('away');
  await clock.advance(EVERY_MS);
  expect([asked.value.value, asked.error.value]).toEqual([1, 'away']);
  relay.fails = undefined;
  await clock.advance(EVERY_MS);
  expect([asked.value.value, asked.error.value]).toEqual([3, undefined]);
});

it('asks at once when somebody looks again, and nothing while nobody does', async () => {
  const { clock, visible, relay, end } = bench();
  await clock.advance(0);
  visible.value = false;
  await clock.advance(10 * EVERY_MS);
  expect(relay.answers).toBe(1);
  visible.value = true;
  await clock.advance(0);
  expect(relay.answers).toBe(2);
  end();
  await clock.advance(10 * EVERY_MS);
  expect(relay.answers).toBe(2);
});
