/** What a conversation waits for a person to decide. */
export interface Pending {
  readonly requestId: string;
}

/**
 * Where a conversation stands. The lease is the right of one turn to have effects: whoever does not hold it emits
 * nothing (reliability C22).
 */
export type ConversationState<L, P extends Pending> =
  | { readonly name: 'idle' }
  | { readonly name: 'active'; readonly lease: L }
  | { readonly name: 'waiting-for-approval'; readonly lease: L; readonly pending: readonly P[] }
  | { readonly name: 'cancelling'; readonly lease: L };

export type ConversationEvent<L, P extends Pending> =
  | { readonly type: 'start'; readonly lease: L }
  | { readonly type: 'ask'; readonly lease: L; readonly approval: P }
  | { readonly type: 'resolve'; readonly requestId: string }
  | { readonly type: 'abort'; readonly lease: L }
  | { readonly type: 'end'; readonly lease: L };

/** The next state; undefined when the event means nothing in this one, or comes from a lease that is not held. */
export function transition<L, P extends Pending>(
  state: ConversationState<L, P>,
  event: ConversationEvent<L, P>,
): ConversationState<L, P> | undefined {
  if (state.name === 'idle') return event.type === 'start' ? { name: 'active', lease: event.lease } : undefined;
  if ('lease' in event && event.lease !== state.lease) return undefined;
  const { lease } = state;
  switch (event.type) {
    case 'start':
      return undefined;
    case 'ask':
      if (state.name === 'cancelling') return undefined;
      return { name: 'waiting-for-approval', lease, pending: [...pendingOf(state), event.approval] };
    case 'resolve': {
      const rest = pendingOf(state).filter(({ requestId }) => requestId !== event.requestId);
      if (rest.length === pendingOf(state).length) return undefined;
      return rest.length === 0 ? { name: 'active', lease } : { name: 'waiting-for-approval', lease, pending: rest };
    }
    case 'abort':
      return state.name === 'cancelling' ? undefined : { name: 'cancelling', lease };
    case 'end':
      return { name: 'idle' };
  }
}

/** The approvals a state waits for, oldest first. */
export function pendingOf<L, P extends Pending>(state: ConversationState<L, P>): readonly P[] {
  return state.name === 'waiting-for-approval' ? state.pending : [];
}
