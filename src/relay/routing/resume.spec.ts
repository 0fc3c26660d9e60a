import { describe, expect, it } from 'vitest';
import { MemoryJournal } from '../../journal/index.js';
import { atHead, placeResumed, resumeStatusText } from './resume.js';
import { RuntimeHistory } from './runtime-history.js';

function history(kept = 1_000): RuntimeHistory {
  const runtime = { agent_id: null, conversation_id: 'conv-1' };
  const log = new RuntimeHistory(runtime, new MemoryJournal({ maxEntriesPerRuntime: kept }));
  for (const [epoch, seq] of [
    ['e1', 1],
    ['e1', 2],
    ['e2', 3],
    ['e2', 4],
  ] as const)
    void log.append({ epoch, seq }, 'stream_delta', '{}');
  return log;
}

describe('placeResumed', () => {
  it.each([
    { asked: { epoch: 'e2', seq: 3 }, recovered: true, position: 3 },
    { asked: { epoch: 'e2', seq: 4 }, recovered: true, position: 4 },
    { asked: { epoch: 'e2', seq: 9 }, recovered: true, position: 4, why: 'the device will bring the rest' },
    { asked: { epoch: 'e1', seq: 0 }, recovered: true, position: 0 },
    { asked: { epoch: 'e1', seq: 2 }, recovered: true, position: 2, why: 'a later epoch follows' },
    { asked: { epoch: 'e9', seq: 2 }, recovered: false, position: 4, why: 'the epoch is unknown' },
    {
      asked: { epoch: undefined, seq: 2 },
      recovered: false,
      position: 4,
      why: 'a number without its epoch names nothing',
    },
    { asked: { epoch: undefined, seq: 0 }, recovered: true, position: 0, why: 'the oldest that is kept' },
  ])('$asked.epoch:$asked.seq → recovered $recovered', ({ asked, recovered, position }) => {
    expect(placeResumed(history(), asked)).toMatchObject({ recovered, position });
  });

  it('C33 does not recover what is no longer kept', () => {
    const log = history(2);
    expect(placeResumed(log, { epoch: 'e1', seq: 1 })).toMatchObject({ recovered: false, position: 4 });
    expect(placeResumed(log, { epoch: 'e1', seq: 2 })).toMatchObject({ recovered: true, position: 2 });
  });
});

describe('resume_status', () => {
  it('names the head, and what was asked for', () => {
    const log = history();
    const status = (asked?: { epoch: string; seq: number }): unknown =>
      JSON.parse(resumeStatusText(log, asked, atHead(log, asked === undefined)));
    expect(status()).toEqual({ type: 'resume_status', recovered: true, epoch: 'e2', from: 4, head: 4 });
    expect(status({ epoch: 'x', seq: 7 })).toEqual({
      type: 'resume_status',
      recovered: false,
      epoch: 'e2',
      from: 7,
      head: 4,
    });
  });

  it('has no epoch where there is no history', () => {
    expect(JSON.parse(resumeStatusText(undefined, undefined, { recovered: true }))).toEqual({
      type: 'resume_status',
      recovered: true,
      epoch: null,
      from: 0,
      head: 0,
    });
  });
});
