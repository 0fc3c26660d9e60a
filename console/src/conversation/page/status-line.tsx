import type { LoopState } from 'twinlane/protocol';
import { useConsole } from '../../app/index.js';
import { Button, Mark } from '../../ui/index.js';
import { count, elapsedSoFar, size } from '../text/amounts.js';
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
  readonly mayApprove: boolean;
  readonly abort: () => void;
  /** Shows the question that waits. */
  readonly goToQuestion: () => void;
}

/** What goes on right now: what is being done, for how long, how much came, and how to end it. */
export function StatusLine(props: StatusLineProps) {
  const { conversation, transcript, maySteer, mayApprove, abort, goToQuestion } = props;
  const { now } = useConsole();
  const { status } = conversation;
  const loop = status.loop.value;
  if (loop === undefined || !status.isBusy) return null;
  void transcript?.items.revision.value;
  const meter = transcript?.meter;
  const { total, context, window } = meter?.usage ?? {};
  const facts = [
    meter?.startedAt === undefined ? '' : elapsedSoFar(now.value - meter.startedAt),
    meter === undefined || meter.units === 0 ? '' : size(meter.units),
    total === undefined ? '' : count(total, 'token'),
    context === undefined || window === undefined ? '' : `context ${Math.round((100 * context) / window)} %`,
    status.subagents.value === 0 ? '' : count(status.subagents.value, 'subagent'),
  ].filter((fact) => fact !== '');
  const asking = mayApprove ? transcript?.pending.values().next().value : undefined;
  return (
    <div class={`status-line ${asking ? 'status-line--asks' : ''}`}>
      <Mark tone={loop === 'WAITING_ON_APPROVAL' ? 'warn' : 'accent'} />
      <span class="status-line__what" role="status">
        {asking ? `${asking.name} asks whether it may go on` : (DOING[loop] ?? loop)}
      </span>
      <span class="status-line__facts">{facts.join(' · ')}</span>
      {asking && (
        <Button onClick={goToQuestion}>
          Go to it <kbd class="status-line__letters">g a</kbd>
        </Button>
      )}
      {maySteer && (
        <Button onClick={abort} title="End this turn (Escape twice)">
          Abort <kbd>Esc Esc</kbd>
        </Button>
      )}
    </div>
  );
}
