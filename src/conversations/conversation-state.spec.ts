import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConversationEvent,
  type ConversationState,
  type Pending,
  pendingOf,
  transition,
} from './conversation-state.js';

type State = ConversationState<number, Pending>;
type Event = ConversationEvent<number, Pending>;

const [a, b] = [{ requestId: 'a' }, { requestId: 'b' }];
const idle: State = { name: 'idle' };
const active: State = { name: 'active', lease: 1 };
const waiting: State = { name: 'waiting-for-approval', lease: 1, pending: [a] };
const waitingForTwo: State = { name: 'waiting-for-approval', lease: 1, pending: [a, b] };
const cancelling: State = { name: 'cancelling', lease: 1 };

describe('conversation state', () => {
  it.each<[State, Event, State | undefined]>([
    [idle, { type: 'start', lease: 1 }, active],
    [idle, { type: 'ask', lease: 1, approval: a }, undefined],
    [idle, { type: 'resolve', requestId: 'a' }, undefined],
    [idle, { type: 'abort', lease: 1 }, undefined],
    [idle, { type: 'end', lease: 1 }, undefined],
    [active, { type: 'start', lease: 2 }, undefined],
    [active, { type: 'ask', lease: 1, approval: a }, waiting],
    [active, { type: 'resolve', requestId: 'a' }, undefined],
    [active, { type: 'abort', lease: 1 }, cancelling],
    [active, { type: 'end', lease: 1 }, idle],
    [waiting, { type: 'start', lease: 2 }, undefined],
    [waiting, { type: 'ask', lease: 1, approval: b }, waitingForTwo],
    [waiting, { type: 'resolve', requestId: 'a' }, active],
    [waiting, { type: 'resolve', requestId: 'b' }, undefined],
    [waitingForTwo, { type: 'resolve', requestId: 'b' }, waiting],
    [waiting, { type: 'abort', lease: 1 }, cancelling],
    [waiting, { type: 'end', lease: 1 }, idle],
    [cancelling, { type: 'start', lease: 2 }, undefined],
    [cancelling, { type: 'ask', lease: 1, approval: a }, undefined],
    [cancelling, { type: 'resolve', requestId: 'a' }, undefined],
    [cancelling, { type: 'abort', lease: 1 }, undefined],
    [cancelling, { type: 'end', lease: 1 }, idle],
  ])('%j on %j: %j', (state, event, next) => {
    expect(transition(state, event)).toEqual(next);
  });

  it.each([active, waiting, cancelling])('C22 %j takes nothing from another lease', (state) => {
    expect(transition(state, { type: 'abort', lease: 2 })).toBeUndefined();
    expect(transition(state, { type: 'end', lease: 2 })).toBeUndefined();
    expect(transition(state, { type: 'ask', lease: 2, approval: b })).toBeUndefined();
  });

  it('C22 whatever happens, only the lease that was started last has an effect, and an approval ends once', () => {
    const lease = fc.integer({ min: 0, max: 4 });
    const requestId = fc.constantFrom('a', 'b', 'c');
    const event: fc.Arbitrary<Event> = fc.oneof(
      fc.record({ type: fc.constant('start' as const), lease }),
      fc.record({ type: fc.constant('ask' as const), lease, approval: fc.record({ requestId }) }),
      fc.record({ type: fc.constant('resolve' as const), requestId }),
      fc.record({ type: fc.constant('abort' as const), lease }),
      fc.record({ type: fc.constant('end' as const), lease }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let state: State = { name: 'idle' };
        for (const next of events) {
          const after: State | undefined = transition(state, next);
          expect([state, next, after, isLegal(state, next, after)]).toEqual([state, next, after, true]);
          state = after ?? state;
        }
      }),
      { seed: 1 },
    );
  });
});

/** The rules, said another way than the code says them. */
function isLegal(before: State, event: Event, after: State | undefined): boolean {
  const holder = before.name === 'idle' ? undefined : before.lease;
  const has = (state: State, id: string): boolean => pendingOf(state).some(({ requestId }) => requestId === id);
  if (event.type === 'start') return (after === undefined) === (holder !== undefined);
  if ('lease' in event && event.lease !== holder) return after === undefined;
  if (after === undefined) return true;
  if (event.type === 'resolve' && !(has(before, event.requestId) && !has(after, event.requestId))) return false;
  if (before.name === 'cancelling') return after.name === 'idle';
  return after.name !== 'waiting-for-approval' || after.pending.length > 0;
}
