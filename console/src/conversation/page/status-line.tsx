import type { LoopState } from 'twinlane/protocol';
import { useConsole } from '../../app/index.js';
import { Button, Mark } from '../../ui/index.js';
import { count, elapsed, size } from '../text/amounts.js';
import type { Conversation } from '../store/conversation.store.js';
import type { Transcript } from '../transcript/transcript.store.js';

const DOING: Readonly<Record<LoopState, string>> = {
  SENDING_API_REQUEST: 'Starting',
  WAITING_FOR_API_RESPONSE: 'Waiting for the model',
  RETRYING_API_REQUEST: 'Trying the model again',
  PROCESSING_API_RESPONSE: 'At work',
  EXECUTING_CLIENT_SIDE_TOOL: 'Running a tool',
  EXECUTING_COMMAND: 'Running a command',
  WAITING_ON_APPROVAL: 'Waiting for an answer',
  WAITING_ON_INPUT: 'Ready',
};

interface StatusLineProps {
  readonly conversation: Conversation;
  readonly transcript: Transcript | undefined;
  readonly maySteer: boolean;
  readonly abort: () => void;
}

/** What goes on right now: what is being done, for how long, how much came, and how to end it. */
export function StatusLine({ conversation, transcript, maySteer, abort }: StatusLineProps) {
  const { now } = useConsole();
  const { status } = conversation;
  const loop = status.loop.value;
  if (loop === undefined || !status.isBusy) return null;
  void transcript?.items.revision.value;
  const meter = transcript?.meter;
  const { total, context, window } = meter?.usage ?? {};
  const facts = [
    meter?.startedAt === undefined ? '' : elapsed(Math.floor(Math.max(0, now.value - meter.startedAt) / 1_000) * 1_000),
    meter === undefined || meter.units === 0 ? '' : size(meter.units),
    total === undefined ? '' : count(total, 'token'),
    context === undefined || window === undefined ? '' : `context ${Math.round((100 * context) / window)} %`,
    status.subagents.value === 0 ? '' : count(status.subagents.value, 'subagent'),
  ].filter((fact) => fact !== '');
  return (
    <div class="status-line">
      <Mark tone={loop === 'WAITING_ON_APPROVAL' ? 'warn' : 'accent'} />
      <span class="status-line__what">{DOING[loop] ?? loop}</span>
      <span class="status-line__facts">{facts.join(' · ')}</span>
      {maySteer && (
        <Button onClick={abort} title="End this turn (Escape twice)">
          Abort <kbd>Esc Esc</kbd>
        </Button>
      )}
    </div>
  );
}
