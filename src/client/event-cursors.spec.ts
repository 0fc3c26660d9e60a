import { expect, it } from 'vitest';
import * as fc from 'fast-check';
import type { Frame, Runtime } from '../protocol/index.js';
import { EventCursors } from './event-cursors.js';

const runtime: Runtime = { agent_id: null, conversation_id: 'conv-1' };
const event = (seq: number, epoch = 'a', of = runtime): Frame => ({
  type: 'stream_delta',
  delta: {},
  runtime: of,
  event_epoch: epoch,
  event_seq: seq,
});
const hole = (from: number, to: number, epoch = 'a'): Frame => ({
  type: 'resume_gap',
  runtime,
  event_epoch: epoch,
  from,
  to,
});

function feed(cursors: EventCursors, frames: Frame[]): string[] {
  return frames
    .flatMap((frame) => cursors.accept(frame))
    .map((frame) =>
      frame.type === 'resume_gap'
        ? `gap ${String(frame['from'])}-${String(frame['to'])}`
        : `${String(frame['event_epoch'])}${String(frame['event_seq'])}`,
    );
}

it('hands on each event once', () => {
  expect(feed(new EventCursors(), [event(4), event(5), event(4), event(5), event(6)])).toEqual(['a4', 'a5', 'a6']);
});

it('tells a jump of the number', () => {
  expect(feed(new EventCursors(), [event(1), event(4)])).toEqual(['a1', 'gap 2-3', 'a4']);
});

it('passes the relay`s own gaps on, clipped to what was not seen', () => {
  expect(feed(new EventCursors(), [event(1), event(2), hole(1, 5), hole(3, 5), event(6)])).toEqual([
    'a1',
    'a2',
    'gap 3-5',
    'a6',
  ]);
});

it('goes on with a later epoch and never back to an earlier one', () => {
  expect(feed(new EventCursors(), [event(7), event(1, 'b'), event(8), event(2, 'b'), hole(8, 9)])).toEqual([
    'a7',
    'b1',
    'b2',
  ]);
});

it('counts each runtime by itself', () => {
  const other: Runtime = { agent_id: 'agent-2', conversation_id: 'conv-1' };
  expect(feed(new EventCursors(), [event(1), event(9, 'a', other), event(2), event(10, 'a', other)])).toEqual([
    'a1',
    'a9',
    'a2',
    'a10',
  ]);
});

it('hands on what has no number', () => {
  const shown: Frame = { type: 'update_queue', queue: [], removed: [], runtime, replayed: true };
  const cursors = new EventCursors();
  cursors.place(runtime, { epoch: 'a', seq: 3 });
  expect(cursors.accept(shown)).toEqual([shown]);
  expect(cursors.cursorOf(runtime)).toEqual({ epoch: 'a', seq: 3 });
});

it('C01 covers every number exactly once, as an event or in a gap, whatever is repeated or left out', () => {
  const arrivals = fc.array(fc.record({ back: fc.nat(6), step: fc.nat(3) }), { maxLength: 60 });
  fc.assert(
    fc.property(arrivals, (moves) => {
      const cursors = new EventCursors();
      const covered: number[] = [];
      let head = 1;
      const take = (seq: number): void => {
        for (const frame of cursors.accept(event(seq))) {
          const from = Number(frame['from'] ?? frame['event_seq']);
          for (let n = from; n <= Number(frame['to'] ?? from); n++) covered.push(n);
        }
      };
      take(head);
      for (const { back, step } of moves) {
        take(Math.max(1, head - back));
        head += step;
        take(head);
      }
      expect(covered).toEqual(Array.from({ length: head }, (_, i) => i + 1));
    }),
    { seed: 1 },
  );
});
