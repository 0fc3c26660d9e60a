import { expect, it } from 'vitest';
import type { Frame } from '../protocol/index.js';
import { EventIntake } from './event-intake.js';

const runtime = { agent_id: null, conversation_id: 'c' };
const event = (seq: number): Frame => ({ type: 'stream_delta', runtime, event_epoch: 'e', event_seq: seq, delta: {} });

it('takes the order from stream alone, whatever a server mirrors on control', async () => {
  const intake = new EventIntake(1_024, () => {});
  const events = intake.subscribe();
  intake.receive(event(1), 'stream', 10);
  intake.receive(event(3), 'control', 10);
  intake.receive(event(2), 'stream', 10);
  intake.receive(event(3), 'stream', 10);
  intake.finish(undefined);
  const seen: Frame[] = [];
  for await (const frame of events) seen.push(frame);
  expect(seen).toEqual([event(1), event(2), event(3)]);
});

it('says that something may be missing where the relay knows nothing of the runtime any more', async () => {
  const intake = new EventIntake(1_024, () => {});
  const events = intake.subscribe();
  intake.place(runtime, { epoch: 'e', seq: 5 });
  intake.resumed(runtime, { type: 'resume_status', recovered: false, epoch: null, from: 5, head: 0 });
  intake.receive({ ...event(9), event_epoch: 'later' }, 'stream', 10);
  intake.finish(undefined);
  const seen: Frame[] = [];
  for await (const frame of events) seen.push(frame);
  expect(seen).toEqual([
    { type: 'resume_gap', runtime, event_epoch: 'e', from: 6, to: null },
    { ...event(9), event_epoch: 'later' },
  ]);
});

const status = (head: number): Frame => ({
  type: 'resume_status',
  recovered: true,
  epoch: head === 0 ? null : 'e',
  from: head,
  head,
});

it('asks for the past until an event of it has come, and then goes on from there', () => {
  const intake = new EventIntake(1_024, () => {});
  intake.wish(runtime, 5);
  intake.resumed(runtime, status(9));
  expect(intake.resumePointOf(runtime)).toBeUndefined();
  expect(intake.historyOf(runtime)).toBe(5);
  expect(intake.headOf(runtime)).toEqual({ epoch: 'e', seq: 9 });
  intake.receive(event(5), 'stream', 10);
  expect(intake.resumePointOf(runtime)).toEqual({ epoch: 'e', seq: 5 });
});

it('misses nothing of a runtime that had no past when it asked for some', () => {
  const intake = new EventIntake(1_024, () => {});
  intake.wish(runtime, 5);
  intake.resumed(runtime, status(0));
  expect(intake.resumePointOf(runtime)).toEqual({ epoch: undefined, seq: 0 });
});
