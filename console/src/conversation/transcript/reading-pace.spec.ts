import { beforeEach, expect, it } from 'vitest';
import type { Frame } from 'twinlane/protocol';
import { ManualClock } from '../../../../test/kit/manual-clock.js';
import { ReadingPace } from './reading-pace.js';

const RUNTIME = { agent_id: null, conversation_id: 'conversation-1' };
let clock: ManualClock;
let pictures: (() => void)[];
let drawn: number;

beforeEach(() => {
  clock = new ManualClock();
  pictures = [];
  drawn = 0;
});

function paceTo(seq?: number): ReadingPace {
  return new ReadingPace(
    clock,
    (draw) => pictures.push(draw),
    () => (seq === undefined ? undefined : { epoch: 'e', seq }),
  );
}

function event(seq: number, epoch = 'e'): Frame {
  return { type: 'stream_delta', runtime: RUNTIME, event_epoch: epoch, event_seq: seq };
}

function draw(): void {
  for (const one of pictures.splice(0)) one();
}

/** As a transcript asks for it with what it takes. */
function ask(pace: ReadingPace): void {
  pace.schedule(() => drawn++);
}

it('draws with the next picture where there is no past', () => {
  const pace = paceTo();
  pace.take(event(1));
  ask(pace);
  expect(pictures).toHaveLength(1);
});

it('draws a past that goes by now and then, and its end with the next picture', async () => {
  const pace = paceTo(1_000);
  for (let seq = 1; seq < 500; seq++) pace.take(event(seq));
  ask(pace);
  draw();
  expect(drawn).toBe(0);
  await clock.advance(200);
  draw();
  expect(drawn).toBe(1);
  ask(pace);
  for (let seq = 500; seq <= 1_000; seq++) pace.take(event(seq));
  draw();
  expect(drawn).toBe(2);
  await clock.advance(1_000);
  draw();
  expect(drawn).toBe(2);
  ask(pace);
  draw();
  expect(drawn).toBe(3);
});

it('does not wait for an end that never comes', async () => {
  const pace = paceTo(1_000);
  for (let seq = 1; seq < 10; seq++) pace.take(event(seq, 'later'));
  ask(pace);
  await clock.advance(200);
  draw();
  ask(pace);
  draw();
  expect(drawn).toBe(2);
});
