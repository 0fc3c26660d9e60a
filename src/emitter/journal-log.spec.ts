import { describe, expect, it } from 'vitest';
import { EventCursor } from '../channel/index.js';
import { MemoryJournal } from '../journal/index.js';
import { JournalLog } from './journal-log.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };

function setUp(count: number, from = 0) {
  const journal = new MemoryJournal();
  let seq = 0;
  const append = (epoch = 'e1'): void =>
    void journal.append(runtime, { epoch, seq: ++seq, type: 'x', frame: `${epoch} ${seq}` });
  for (let i = 0; i < count; i++) append();
  const log = new JournalLog(runtime, journal);
  const state = { safe: from, refused: [] as number[] };
  const cursor = new EventCursor(log, from, {
    gap: (range) => `gap ${range.epoch} ${range.from}-${range.to}`,
    safe: (position) => void (state.safe = position),
    refused: (position) => {
      state.refused.push(position);
      log.refuse(position);
    },
  });
  const all = (): string[] => {
    const texts: string[] = [];
    for (let frame = cursor.next(); frame; frame = cursor.next()) texts.push(frame.text);
    return texts;
  };
  return { journal, cursor, state, append, all };
}

describe('a cursor over a journal', () => {
  it('goes on after its safe position, and says what has become safe', () => {
    const { cursor, state, all } = setUp(4, 2);
    const first = cursor.next();
    expect(first?.text).toBe('e1 3');
    expect(all()).toEqual(['e1 4']);
    first?.confirmed?.();
    expect(state.safe).toBe(3);
    expect(cursor.idle).toBe(true);
  });

  it('goes back where it is asked to; what was in flight says nothing any more', () => {
    const { cursor, state, all } = setUp(3, 1);
    const before = cursor.next();
    expect(cursor.rewind({ epoch: 'e1', seq: 0 })).toBe(true);
    before?.confirmed?.();
    expect(state.safe).toBe(1);
    expect(all()).toEqual(['e1 1', 'e1 2', 'e1 3']);
    expect(cursor.rewind({ epoch: 'other', seq: 0 })).toBe(false);
  });

  it('tells what retention has dropped ahead of it, over epochs, before what follows', () => {
    const { journal, cursor, append, all } = setUp(3);
    expect(cursor.next()?.text).toBe('e1 1');
    for (let i = 0; i < 3; i++) append('e2');
    journal.release(runtime, 5);
    expect(all()).toEqual(['gap e1 2-3', 'gap e2 4-5', 'e2 6']);
  });

  it('tells it when it is asked to go back there, and at the very end', () => {
    const { journal, cursor, all } = setUp(5);
    all();
    journal.release(runtime, 3);
    cursor.rewind({ epoch: 'e1', seq: 1 });
    expect(all()).toEqual(['gap e1 2-3', 'e1 4', 'e1 5']);
    journal.release(runtime, 5);
    cursor.rewind({ epoch: 'e1', seq: 4 });
    expect(all()).toEqual(['gap e1 5-5']);
    expect(cursor.idle).toBe(true);
  });

  it('has nothing left to say once the peer keeps the gap at the very end', () => {
    const { journal, cursor, state } = setUp(3);
    journal.append(runtime, { epoch: 'e2', seq: 4, type: 'x', frame: 'e2 4' });
    journal.release(runtime, 4);
    const [first, second] = [cursor.next(), cursor.next()];
    expect([first?.text, second?.text]).toEqual(['gap e1 1-3', 'gap e2 4-4']);
    first?.confirmed?.();
    expect(state.safe).toBe(0);
    second?.confirmed?.();
    expect(state.safe).toBe(4);
  });

  it('a gap that was told before the peer asked for something earlier says nothing any more', () => {
    const { journal, cursor, state } = setUp(3);
    journal.release(runtime, 3);
    const gap = cursor.next();
    cursor.rewind({ epoch: 'e1', seq: 1 });
    gap?.confirmed?.();
    expect(state.safe).toBe(0);
  });

  it('tells an event that is too large for the peer as a gap, when it is asked for again', () => {
    const { cursor, state, all } = setUp(2);
    cursor.next()?.givenUp?.();
    expect(state).toEqual({ safe: 0, refused: [1] });
    cursor.rewind({ epoch: 'e1', seq: 0 });
    expect(all()).toEqual(['gap e1 1-1', 'e1 2']);
  });
});
