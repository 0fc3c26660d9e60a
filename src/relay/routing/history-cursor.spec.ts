import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryJournal } from '../../journal/index.js';
import { HistoryCursor } from './history-cursor.js';
import { atHead, fromPosition, placeResumed, type Placement } from './resume.js';
import { RuntimeHistory } from './runtime-history.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

function history(maxEntriesPerRuntime = 1_000): RuntimeHistory {
  return new RuntimeHistory(RUNTIME, new MemoryJournal({ maxEntriesPerRuntime }));
}

function append(to: RuntimeHistory, epoch: string, seq: number, type = 'stream_delta'): void {
  void to.append({ epoch, seq }, type, JSON.stringify({ type, event_epoch: epoch, event_seq: seq }));
}

function read(cursor: HistoryCursor): Record<string, unknown>[] {
  const frames: Record<string, unknown>[] = [];
  for (let frame = cursor.next(); frame; frame = cursor.next())
    frames.push(JSON.parse(frame.text) as Record<string, unknown>);
  return frames;
}

const names = (frames: Record<string, unknown>[]): string[] =>
  frames.map((frame) =>
    frame['type'] === 'resume_gap'
      ? `${String(frame['event_epoch'])}:${String(frame['from'])}-${String(frame['to'])}`
      : `${String(frame['event_epoch'])}:${String(frame['event_seq'])}`,
  );

function cursorAt(of: RuntimeHistory, placement: Placement, mayApprove = true): HistoryCursor {
  return new HistoryCursor(of, placement, { mayApprove });
}

describe('HistoryCursor', () => {
  it('C33 shows or tells every number after its place exactly once, whatever is retained and whenever it reads', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant('append' as const) },
      { weight: 2, arbitrary: fc.constant('read' as const) },
      { weight: 1, arbitrary: fc.constant('gap' as const) },
      { weight: 1, arbitrary: fc.constant('epoch' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 1, max: 8 }), (steps, kept) => {
        const log = history(kept);
        const cursor = cursorAt(log, fromPosition(0));
        const seen: string[] = [];
        const all: string[] = [];
        let [epoch, seq] = [1, 0];
        const note = (frames: Record<string, unknown>[]): void => {
          for (const frame of frames) {
            const [from, to] =
              frame['type'] === 'resume_gap' ? [frame['from'], frame['to']] : [frame['event_seq'], frame['event_seq']];
            for (let n = Number(from); n <= Number(to); n++) seen.push(`${String(frame['event_epoch'])}:${n}`);
          }
        };
        for (const step of steps) {
          if (step === 'read') note(read(cursor));
          else if (step === 'epoch') [epoch, seq] = [epoch + 1, 0];
          else if (step === 'append') {
            append(log, `e${epoch}`, ++seq);
            all.push(`e${epoch}:${seq}`);
          } else {
            void log.appendGap({ epoch: `e${epoch}`, from: seq + 1, to: seq + 2 });
            all.push(`e${epoch}:${seq + 1}`, `e${epoch}:${seq + 2}`);
            seq += 2;
          }
        }
        note(read(cursor));
        expect(seen).toEqual(all);
      }),
      { seed: 1 },
    );
  });

  it('lets the history know, with each commit, what all who follow have read', async () => {
    const passed: number[] = [];
    const journal = Object.assign(new MemoryJournal(), {
      passed: (_: object, through: number) => void passed.push(through),
    });
    const log = new RuntimeHistory(RUNTIME, journal);
    const commit = async (seq: number): Promise<void> => {
      append(log, 'e1', seq);
      await log.committed();
    };
    await commit(1);
    const [fast, slow] = [cursorAt(log, atHead(log)), cursorAt(log, atHead(log))];
    const stops = [fast, slow].map((cursor) => log.subscribe(cursor));
    await commit(2);
    for (const cursor of [fast, slow]) read(cursor);
    await commit(3);
    read(fast);
    await commit(4);
    stops[1]?.();
    read(fast);
    await commit(5);
    expect(passed).toEqual([1, 1, 2, 2, 4]);
  });

  it('goes on after any event that is kept, and misses nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(35), fc.integer({ min: 1, max: 30 }), (head, from, kept) => {
        const log = history(kept);
        for (let seq = 1; seq <= head; seq++) append(log, 'e1', seq);
        const placement = placeResumed(log, { epoch: 'e1', seq: from });
        expect(placement.recovered).toBe(from >= head || from >= head - kept);
        append(log, 'e1', head + 1);
        const first = placement.recovered ? from + 1 : head + 1;
        const expected = first <= head + 1 ? Array.from({ length: head + 2 - first }, (_, i) => `e1:${first + i}`) : [];
        const gapFirst = kept < head + 2 - first;
        if (!gapFirst) expect(names(read(cursorAt(log, placement)))).toEqual(expected);
      }),
      { seed: 1 },
    );
  });

  it('goes on through later epochs', () => {
    const log = history();
    for (const [epoch, seq] of [
      ['e1', 1],
      ['e1', 2],
      ['e2', 1],
      ['e3', 4],
    ] as const)
      append(log, epoch, seq);
    expect(names(read(cursorAt(log, placeResumed(log, { epoch: 'e1', seq: 1 }))))).toEqual(['e1:2', 'e2:1', 'e3:4']);
    expect(names(read(cursorAt(log, placeResumed(log, { epoch: 'e1', seq: 2 }))))).toEqual(['e2:1', 'e3:4']);
  });

  it('tells of a hole only what the reader has not seen', () => {
    const log = history();
    append(log, 'e1', 1);
    void log.appendGap({ epoch: 'e1', from: 2, to: 5 });
    append(log, 'e1', 6);
    expect(names(read(cursorAt(log, placeResumed(log, { epoch: 'e1', seq: 3 }))))).toEqual(['e1:4-5', 'e1:6']);
  });

  it('shows what is inserted after everything that is there, and before what comes later', () => {
    const log = history();
    append(log, 'e1', 1);
    const cursor = cursorAt(log, fromPosition(0));
    const taken: string[] = [];
    cursor.show(['{"event_epoch":"shown","event_seq":0}'], () => taken.push('taken'));
    append(log, 'e1', 2);
    expect(taken).toEqual([]);
    expect(names(read(cursor))).toEqual(['e1:1', 'shown:0', 'e1:2']);
    expect(taken).toEqual(['taken']);
  });

  it('says that what was inserted is done with when its reader goes', () => {
    const log = history();
    append(log, 'e1', 1);
    const cursor = cursorAt(log, fromPosition(0));
    const taken: string[] = [];
    cursor.show(['{}'], () => taken.push('taken'));
    cursor.end();
    expect(taken).toEqual(['taken']);
  });

  it('withholds what an approval asks from a reader that may not approve', () => {
    const log = history();
    void log.append(
      { epoch: 'e1', seq: 1 },
      'control_request',
      '{"type":"control_request","request":{"input":"secret"},"event_seq":1}',
    );
    expect(read(cursorAt(log, fromPosition(0), false))).toEqual([{ type: 'control_request_withheld', event_seq: 1 }]);
    expect(read(cursorAt(log, atHead(log)))).toEqual([]);
  });
});
