import { describe, expect, it } from 'vitest';
import type { NumberRange } from '../protocol/index.js';
import { type AnnouncedEpoch, RuntimeIntake } from './runtime-intake.js';

const range = (epoch: string, from: number, to: number): NumberRange => ({ epoch, from, to });
const epoch = (name: string, first: number, head: number): AnnouncedEpoch => ({ epoch: name, first, head });

/** A receiver that has these numbers already, and has been told what the sender has. */
function setUp(has: readonly NumberRange[], announced: readonly AnnouncedEpoch[] = []) {
  const entries = [...has];
  const intake = new RuntimeIntake({
    lastOf: (name) => entries.findLast((entry) => entry.epoch === name)?.to,
    get newest() {
      const last = entries.at(-1);
      return last && { epoch: last.epoch, seq: last.to };
    },
  });
  const asked = intake.announce(announced);
  const event = (name: string, seq: number) => {
    const arrival = intake.event({ epoch: name, seq });
    if (arrival.do === 'append') entries.push(range(name, seq, seq));
    return arrival;
  };
  return { intake, asked, event, entries };
}

describe('RuntimeIntake', () => {
  it('appends what is next, and drops what it has', () => {
    const { event } = setUp([range('a', 1, 3)], [epoch('a', 1, 3)]);
    expect(event('a', 3)).toEqual({ do: 'drop' });
    expect(event('a', 4)).toEqual({ do: 'append' });
    expect(event('a', 5)).toEqual({ do: 'append' });
  });

  it('asks for what is missing once, ignores the runtime until it comes, and goes on', () => {
    const { event, intake } = setUp([range('a', 1, 3)]);
    expect(event('a', 6)).toEqual({ do: 'rewind', to: { epoch: 'a', seq: 3 } });
    expect(event('a', 7)).toEqual({ do: 'ignore' });
    expect(event('b', 8)).toEqual({ do: 'ignore' });
    expect(intake.waiting).toBe(true);
    expect(event('a', 3)).toEqual({ do: 'drop' });
    expect(event('a', 4)).toEqual({ do: 'append' });
    expect(intake.waiting).toBe(false);
    expect(event('a', 5)).toEqual({ do: 'append' });
  });

  it('C24 asks a sender for everything it has, when nothing is left here', () => {
    const { asked, event } = setUp([], [epoch('a', 40, 50), epoch('b', 51, 60)]);
    expect(asked).toEqual({ epoch: 'a', seq: 39 });
    expect(event('b', 61)).toEqual({ do: 'ignore' });
    expect(event('a', 40)).toEqual({ do: 'append' });
  });

  it('asks for the rest of an older epoch before it opens a newer one', () => {
    const { asked, event, entries } = setUp([range('a', 1, 5)], [epoch('a', 1, 7), epoch('b', 8, 9)]);
    expect(asked).toEqual({ epoch: 'a', seq: 5 });
    expect(event('a', 6)).toEqual({ do: 'append' });
    // A sender that goes on with the newer epoch too early is sent back.
    expect(event('b', 8)).toEqual({ do: 'rewind', to: { epoch: 'a', seq: 6 } });
    expect(event('a', 7)).toEqual({ do: 'append' });
    expect(event('b', 8)).toEqual({ do: 'append' });
    expect(entries.at(-1)).toEqual(range('b', 8, 8));
  });

  it('C23 never appends to an epoch that a later one has closed', () => {
    const { event, asked } = setUp([range('a', 1, 5), range('b', 4, 6)], [epoch('a', 1, 9), epoch('b', 4, 6)]);
    expect(asked).toBeUndefined();
    expect(event('a', 6)).toEqual({ do: 'drop' });
    expect(event('b', 7)).toEqual({ do: 'append' });
  });

  it('tells what an epoch leaves out: numbers continue over epochs', () => {
    const { event } = setUp([range('a', 1, 5)], [epoch('b', 9, 9)]);
    expect(event('b', 9)).toEqual({ do: 'append', hole: range('a', 6, 8) });
  });

  it('C23 takes an epoch whose numbers begin below the newest: the last process lost its tail', () => {
    const { event } = setUp([range('a', 1, 100)], [epoch('a', 1, 95), epoch('b', 96, 96)]);
    expect(event('b', 96)).toEqual({ do: 'append' });
  });

  it('takes a gap in place of the events it stands for, but for what it has of them', () => {
    const { intake, entries } = setUp([range('a', 1, 5)], [epoch('a', 9, 12)]);
    expect(intake.gap(range('a', 1, 4))).toEqual({ do: 'drop' });
    expect(intake.waiting).toBe(true);
    expect(intake.gap(range('a', 3, 8))).toEqual({ do: 'append' });
    const hole = intake.holeOf(range('a', 3, 8));
    expect(hole).toEqual(range('a', 6, 8));
    entries.push(hole);
    expect(intake.event({ epoch: 'a', seq: 9 })).toEqual({ do: 'append' });
  });

  it('takes whatever number a runtime begins with that was not announced', () => {
    expect(setUp([]).event('a', 7)).toEqual({ do: 'append' });
  });
});
