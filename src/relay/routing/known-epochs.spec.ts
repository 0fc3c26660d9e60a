import { describe, expect, it } from 'vitest';
import { KnownEpochs } from './known-epochs.js';

const ANNOUNCED = [
  { epoch: 'a', first: 1, head: 4 },
  { epoch: 'b', first: 7, head: 9 },
  { epoch: 'c', first: 10, head: 12 },
];

/** An order that has seen these events, each the last of its epoch so far. */
function epochs(...seen: readonly (readonly [epoch: string, from: number, to: number])[]): KnownEpochs {
  const known = new KnownEpochs();
  for (const [epoch, from, to] of seen) known.added({ epoch, from, to });
  return known;
}

describe('KnownEpochs', () => {
  it.each([
    ['of an older event of the history', 'a', 1, 'here'],
    ['of the newest event of the history', 'a', 3, 'here'],
    ['of an event that is still to come', 'a', 4, 'here'],
    ['the first that the device keeps', 'b', 6, 'announced'],
    ['in the middle of what it keeps', 'b', 8, 'announced'],
    ['after all of its epoch', 'c', 40, 'announced'],
    ['what it no longer keeps', 'b', 5, 'gone'],
    ['of an epoch nobody knows', 'x', 1, 'gone'],
  ])('says where the event after this one stands: %s', (_what, epoch, seq, where) => {
    const known = epochs(['a', 1, 3]);
    known.announce(ANNOUNCED);
    expect(known.next({ epoch, seq })).toBe(where);
  });

  it('does not wait for an epoch that is closed', () => {
    const known = epochs(['b', 7, 7]);
    known.announce(ANNOUNCED);
    expect(known.next({ epoch: 'a', seq: 1 })).toBe('gone');
    expect(known.next({ epoch: 'c', seq: 9 })).toBe('announced');
  });

  it('says that a device no longer keeps what follows the newest event', () => {
    const known = epochs(['a', 1, 3]);
    known.announce([{ epoch: 'a', first: 6, head: 9 }]);
    expect(known.next({ epoch: 'a', seq: 3 })).toBe('gone');
    expect(known.next({ epoch: 'a', seq: 5 })).toBe('here');
  });

  it('knows the newest event, here or with the device', () => {
    const known = epochs(['a', 1, 3]);
    expect(known.head).toEqual({ epoch: 'a', seq: 3 });
    known.announce(ANNOUNCED);
    expect(known.head).toEqual({ epoch: 'c', seq: 12 });
    known.added({ epoch: 'c', from: 10, to: 14 });
    expect(known.head).toEqual({ epoch: 'c', seq: 14 });
    known.added({ epoch: 'd', from: 15, to: 15 });
    expect(known.head).toEqual({ epoch: 'd', seq: 15 });
  });

  it('orders events by name: of the history, of what is announced, and of both', () => {
    const known = epochs(['a', 1, 3]);
    known.announce(ANNOUNCED);
    const last = { epoch: 'b', seq: 8 };
    for (const past of [
      { epoch: 'a', seq: 4 },
      { epoch: 'b', seq: 8 },
    ])
      expect(known.isPast(past, last)).toBe(true);
    for (const beyond of [
      { epoch: 'b', seq: 9 },
      { epoch: 'c', seq: 10 },
    ])
      expect(known.isPast(beyond, last)).toBe(false);
    expect(known.isPast({ epoch: 'a', seq: 1 }, undefined)).toBe(false);
  });

  it('takes an epoch that was not announced for a later one, also after one that stayed empty', () => {
    const known = epochs(['a', 1, 4]);
    known.announce([
      { epoch: 'a', first: 1, head: 4 },
      { epoch: 'b', first: 5, head: 4 },
    ]);
    expect(known.head).toEqual({ epoch: 'b', seq: 4 });
    known.added({ epoch: 'c', from: 5, to: 5 });
    expect(known.isPast({ epoch: 'c', seq: 5 }, { epoch: 'b', seq: 4 })).toBe(false);
    expect(known.head).toEqual({ epoch: 'c', seq: 5 });
  });

  it('goes on where an earlier process of the relay ended', () => {
    const known = new KnownEpochs([{ epoch: 'a', first: 1, last: 9, kept: 5 }]);
    expect(known.newest).toEqual({ epoch: 'a', seq: 9 });
    known.added({ epoch: 'b', from: 10, to: 10 });
    expect(known.between({ epoch: 'a', seq: 7 }, { epoch: 'b', seq: 10 })).toEqual([{ epoch: 'a', from: 8, to: 9 }]);
  });
});
