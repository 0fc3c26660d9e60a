import type { ApprovalDecision } from 'twinlane/protocol';
import { Badge, CopyButton, Icon, type Tone } from '../../ui/index.js';
import { elapsed } from '../text/amounts.js';
import { visible } from '../text/visible.js';
import type { ToolCall, ToolState } from '../transcript/tool-call.js';
import { ApprovalPanel } from './approval-panel.js';
import { DiffView } from './diff-view.js';
import { GivenInput } from './given-input.js';
import { OutputView } from './output-view.js';

interface ToolCardProps {
  readonly call: ToolCall;
  readonly mayApprove: boolean;
  /** Epoch ms; undefined where time does not matter. */
  readonly now: number | undefined;
  readonly answer: (requestId: string, decision: ApprovalDecision) => void;
}

const STATES: Readonly<Record<ToolState, readonly [Tone, string]>> = {
  called: ['quiet', 'called'],
  asks: ['warn', 'asks'],
  running: ['accent', 'running'],
  success: ['good', 'done'],
  error: ['bad', 'failed'],
  denied: ['bad', 'denied'],
  unknown: ['quiet', 'ended'],
};

/** One use of a tool: what it is given, who allowed it, what it returns. */
export function ToolCard({ call, mayApprove, now, answer }: ToolCardProps) {
  void call.revision.value;
  const { state, approval } = call;
  const isUnfolded = call.isUnfolded.value ?? isWorthALook(call);
  const canAnswer = mayApprove && approval !== undefined && approval.outcome === undefined;
  const onKeyDown = (event: KeyboardEvent) => {
    if (!canAnswer || approval.answering || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement || (event.key !== 'a' && event.key !== 'd')) return;
    event.preventDefault();
    event.stopPropagation();
    answer(approval.requestId, { behavior: event.key === 'a' ? 'allow' : 'deny' });
  };
  return (
    <section
      class={`card tool-card tool-card--${state}`}
      aria-label={`Tool ${call.name}, ${STATES[state][1]}`}
      data-asks={canAnswer ? approval.requestId : undefined}
      tabIndex={canAnswer ? 0 : undefined}
      onKeyDown={onKeyDown}
    >
      <header class="card__head">
        <button
          type="button"
          class="card__fold"
          aria-expanded={isUnfolded}
          onClick={() => (call.isUnfolded.value = !isUnfolded)}
        >
          <Icon name={isUnfolded ? 'chevronDown' : 'chevronRight'} size={14} />
          <strong>{visible(call.name)}</strong>
          <span class="card__title">{titleOf(call)}</span>
        </button>
        {call.output.length > 0 && <CopyButton label="Copy the output" text={() => call.output.text()} />}
        <span class="card__time">{timeOf(call, now)}</span>
        <StateBadge call={call} />
      </header>
      {isUnfolded && (
        <div class="card__body">
          <GivenInput input={call.input} command={call.command} />
          {call.diffs.map((diff, at) => (
            <DiffView key={at} diff={diff} />
          ))}
          <ApprovalPanel call={call} mayApprove={mayApprove} answer={answer} />
          <OutputView output={call.output} fromEnd={!call.isOver || isCommand(call)} />
          {call.note !== '' && <p class="tool-card__note">{call.note}</p>}
        </div>
      )}
    </section>
  );
}

function StateBadge({ call }: { readonly call: ToolCall }) {
  const [tone, word] = STATES[call.state];
  const { exitCode, killedBy } = call;
  const detail =
    typeof exitCode === 'number' && exitCode !== 0 ? ` (exit ${exitCode})` : killedBy ? ` (${killedBy})` : '';
  return (
    <Badge tone={tone}>
      {word}
      {detail}
    </Badge>
  );
}

/** What was read goes by; what runs, changes, asks or failed is looked at. */
function isWorthALook(call: ToolCall): boolean {
  return call.state !== 'success' || isCommand(call) || call.diffs.length > 0;
}

function isCommand({ toolKind, exitCode, command }: ToolCall): boolean {
  return toolKind === 'execute' || exitCode !== undefined || command !== undefined;
}

function titleOf({ title, name, command, input, isUnfolded }: ToolCall): string {
  if (title !== '' && title !== name) return visible(title);
  const asked = command ?? input?.['command'];
  return typeof asked === 'string' && isUnfolded.value === false ? visible(asked) : '';
}

function timeOf({ startedAt, endedAt }: ToolCall, now: number | undefined): string {
  if (startedAt === undefined) return '';
  const end = endedAt ?? now;
  return end === undefined ? '' : elapsed(end - startedAt);
}
