import { expect, it } from 'vitest';
import { ReplayTurns } from './replay-turns.js';

/** Readers that each want so many reads; what was read in each turn. */
function readers(perTurn: number, wanted: Readonly<Record<string, number>>) {
  const due: (() => void)[] = [];
  let waits = 0;
  const turns = new ReplayTurns(
    perTurn,
    () => waits++,
    (run) => due.push(run),
  );
  let now: string[] = [];
  const left = new Map(Object.entries(wanted));
  const wakes = new Map(
    Object.keys(wanted).map((name) => {
      const wake = (): void => read(name);
      return [name, wake] as const;
    }),
  );
  const read = (name: string): void => {
    const wake = wakes.get(name) ?? (() => {});
    for (let more = left.get(name) ?? 0; more > 0 && turns.admits(wake); more--) {
      now.push(name);
      left.set(name, more - 1);
    }
  };
  const turn = (): string => {
    for (const run of due.splice(0)) run();
    const done = now.join('');
    now = [];
    return done;
  };
  return { read, turn, turns, wakes, due, waits: () => waits };
}

it('C36 lets so many read in one turn; the others wait for theirs, first come first served', () => {
  const { read, turn, due, waits } = readers(2, { a: 3, b: 2, c: 1, d: 1 });
  for (const name of ['a', 'b', 'c', 'd']) read(name);
  expect(turn()).toBe('aaab');
  expect(turn()).toBe('cd');
  expect(turn()).toBe('b');
  expect(waits()).toBe(5);
  while (due.length > 0) turn();
});

it('C36 holds nobody up for a reader that is gone, or does not read when it is called', () => {
  const { read, turn, turns, wakes, due } = readers(1, { a: 1, b: 1, c: 1 });
  for (const name of ['a', 'b', 'c']) read(name);
  turns.leave(wakes.get('b') ?? (() => {}));
  expect(turn()).toBe('ac');
  while (due.length > 0) turn();
});
