import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { JournalMetrics } from './journal.metrics.js';
import { Metrics } from './metrics.js';

const runtime = { agent_id: null, conversation_id: 'c' };
const drop = (unreleased: number) => ({ runtime, entries: 10, bytes: 100, unreleased });
let warned: unknown[];

beforeEach(() => {
  warned = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warned.push(line));
});
afterEach(() => vi.restoreAllMocks());

it('says what retention took before the server had it, how much and what to raise, at most once a minute', async () => {
  const clock = new ManualClock();
  const telling = { what: 'The journal', unwritten: 'are lost', raise: 'TWINLANE_X' };
  const metrics = new JournalMetrics(new Metrics(), 'test_journal', telling, clock);
  for (const unreleased of [0, 4, 5]) metrics.dropped([drop(unreleased)]);
  await clock.advance(60_000);
  metrics.dropped([drop(1)]);
  expect(warned).toEqual([
    'The journal has let go of 4 events that the server does not have, of "c". To keep more, raise TWINLANE_X.',
    'The journal has let go of 6 events that the server does not have, of "c". To keep more, raise TWINLANE_X.',
  ]);
});

it('says nothing of that where nobody waits for events', () => {
  const metrics = new JournalMetrics(new Metrics(), 'test_history', { what: 'It', unwritten: '' }, new ManualClock());
  metrics.dropped([drop(5)]);
  expect(warned).toEqual([]);
});

it('C32 says what becomes of events that were not written, with the reason', () => {
  const told = vi.spyOn(Logger.prototype, 'error').mockReturnValue();
  const telling = { what: 'The history file', unwritten: 'were not written; devices bring them again' };
  new JournalMetrics(new Metrics(), 'test_history', telling, new ManualClock()).lost(3, new Error('full'));
  expect(told.mock.calls[0]).toEqual([
    'The history file could not be written when it was closed (full): 3 events were not written; devices bring them again.',
  ]);
});
