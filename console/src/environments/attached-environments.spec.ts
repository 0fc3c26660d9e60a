import { signal, type Signal } from '@preact/signals';
import { beforeEach, expect, it } from 'vitest';
import type { Attachment } from 'twinlane/client';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { AttachedEnvironments } from './attached-environments.js';
import { KEPT_MS } from './holds.js';

let clock: ManualClock;
let closed: string[];
let session: { state: Signal<{ phase: string }> };
let environments: AttachedEnvironments;

beforeEach(() => {
  clock = new ManualClock();
  closed = [];
  session = { state: signal({ phase: 'signed-in' }) };
  const attach = async (id: unknown) =>
    ({
      async *states() {
        yield { phase: 'open' };
        await new Promise(() => {});
      },
      async *presences() {},
      close: () => closed.push(String(id)),
    }) as unknown as Attachment;
  environments = new AttachedEnvironments({ client: { attach }, clock, noticed: () => false }, session);
});

it('one that is left ends; another page of the same environment takes it over', async () => {
  const first = environments.to('a');
  const leave = first.show();
  await clock.advance(0);
  leave();
  const second = environments.to('a');
  const leaveAgain = second.show();
  await clock.advance(1_000);
  expect([second === first, closed]).toEqual([true, []]);
  leaveAgain();
  leaveAgain();
  await clock.advance(0);
  expect(closed).toEqual(['a']);
  expect(environments.to('a')).not.toBe(first);
});

it('one over which something goes on stays until that has ended', async () => {
  const attached = environments.to('a');
  const leave = attached.show();
  await clock.advance(0);
  const end = attached.keep('1 terminal');
  leave();
  await clock.advance(KEPT_MS - 1);
  expect([environments.keepsOf('a'), environments.keepsOf('b'), closed]).toEqual([['1 terminal'], [], []]);
  // More of them take its place.
  end();
  const endAll = attached.keep('2 terminals');
  await clock.advance(0);
  expect([environments.keepsOf('a'), closed]).toEqual([['2 terminals'], []]);
  endAll();
  await clock.advance(0);
  expect([environments.keepsOf('a'), closed, clock.pending]).toEqual([[], ['a'], 0]);
});

it('what is kept ends at its bound, but not while it is shown', async () => {
  const attached = environments.to('a');
  const leave = attached.show();
  await clock.advance(0);
  attached.keep('1 terminal');
  await clock.advance(2 * KEPT_MS);
  expect(closed).toEqual([]);
  leave();
  await clock.advance(KEPT_MS);
  expect([closed, environments.keepsOf('a')]).toEqual([['a'], []]);
});

it('whoever signs out takes all of them along', async () => {
  environments.to('a').keep('1 terminal');
  environments.to('b').show();
  await clock.advance(0);
  session.state.value = { phase: 'signed-out' };
  expect(closed.toSorted()).toEqual(['a', 'b']);
});
