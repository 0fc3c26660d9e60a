import type { EnvironmentRecord } from 'twinlane/client';
import { useConsole } from '../app/index.js';
import { Button, Notice } from '../ui/index.js';
import type { AttachedEnvironment, TieState } from './attached-environment.store.js';
import { presenceView, type PresenceView } from './presence-view.js';

interface TieNoticeProps {
  readonly attached: AttachedEnvironment;
  readonly record: EnvironmentRecord;
}

/** What is not connected right now, the page or else the listener: over what is shown, which it does not move. */
export function TieNotice({ attached, record }: TieNoticeProps) {
  const { now } = useConsole();
  const text = textOf(attached.state.value, now.value) ?? awayText(presenceView(record, now.value));
  if (text === undefined) return null;
  const actions =
    attached.state.value.phase === 'failed' ? <Button onClick={() => attached.tryNow()}>Try now</Button> : undefined;
  return (
    <Notice tone="warn" actions={actions}>
      {text}
    </Notice>
  );
}

/** What a person must know of the tie; nothing while all is well. */
function textOf(state: TieState, now: number): string | undefined {
  switch (state.phase) {
    case 'opening':
    case 'open':
      return undefined;
    case 'reconnecting':
      return `Not connected to the relay (${state.reason}). Trying again; what happens meanwhile is shown afterwards.`;
    case 'failed':
      return `${state.reason} Next try in ${Math.max(0, Math.ceil((state.againAt - now) / 1_000))} s.`;
    case 'closed':
      return state.error?.message ?? 'Not connected.';
  }
}

/** It lasts for minutes at most; an environment that is offline says so above, among what is known of it. */
function awayText({ state, reason }: PresenceView): string | undefined {
  return state === 'away' ? reason : undefined;
}
