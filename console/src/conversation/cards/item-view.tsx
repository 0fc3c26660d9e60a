import type { ApprovalDecision } from 'twinlane/protocol';
import type { ReadonlySignal } from '@preact/signals';
import { Icon, Mark, type Tone } from '../../ui/index.js';
import { MarkdownView } from '../markdown/markdown-view.js';
import { count, elapsed, size } from '../text/amounts.js';
import type { TranscriptRow } from '../transcript/item-list.js';
import type { ToolCall } from '../transcript/tool-call.js';
import type {
  AgentText,
  DeviceCommand,
  Gap,
  Notice,
  Plan,
  TurnEnd,
  UserMessage,
} from '../transcript/transcript-items.js';
import './cards.css';
import { ToolCard } from './tool-card.js';

/** What the rows of a transcript need beside what they show. */
export interface RowContext {
  readonly mayApprove: boolean;
  /** Epoch ms, every second. */
  readonly now: ReadonlySignal<number>;
  readonly answer: (requestId: string, decision: ApprovalDecision) => void;
}

export function RowView({ row, context }: { readonly row: TranscriptRow; readonly context: RowContext }) {
  const { item, part } = row;
  const isFirst = part === 0;
  return <div class={`row row--${item.kind} ${isFirst ? 'row--first' : ''}`}>{contentOf(row, context)}</div>;
}

function contentOf({ item, part }: TranscriptRow, context: RowContext) {
  switch (item.kind) {
    case 'user':
      return <UserView message={item} />;
    case 'assistant':
      return <AssistantBlock text={item} part={part} />;
    case 'reasoning':
      return <ReasoningView text={item} />;
    case 'tool':
      return <Tool call={item} context={context} />;
    case 'notice':
      return <NoticeView notice={item} />;
    case 'plan':
      return <PlanView plan={item} />;
    case 'command':
      return <CommandView command={item} />;
    case 'gap':
      return <GapView gap={item} />;
    case 'end':
      return <EndView end={item} />;
  }
}

function UserView({ message }: { readonly message: UserMessage }) {
  return (
    <article class="user-message" aria-label="Input">
      {message.parts.map((one, at) => {
        if (one.kind === 'text') return <p key={at}>{one.text}</p>;
        if (one.kind === 'image') return <img key={at} src={one.source} alt="Attached picture" />;
        return (
          <p key={at} class="user-message__file">
            <Icon name="file" size={14} /> {one.name} <span>{one.detail}</span>
          </p>
        );
      })}
    </article>
  );
}

function AssistantBlock({ text, part }: { readonly text: AgentText; readonly part: number }) {
  void text.revision.value;
  const block = text.text.at(part);
  return block ? <MarkdownView raw={block.raw} links={text.text.links} isOpen={block.isOpen} /> : null;
}

function ReasoningView({ text }: { readonly text: AgentText }) {
  void text.revision.value;
  const isUnfolded = text.isUnfolded.value;
  const blocks = isUnfolded ? Array.from({ length: text.text.length }, (_, at) => text.text.at(at)) : [];
  return (
    <section class="reasoning" aria-label="Reasoning">
      <button
        type="button"
        class="card__fold"
        aria-expanded={isUnfolded}
        onClick={() => (text.isUnfolded.value = !isUnfolded)}
      >
        <Icon name={isUnfolded ? 'chevronDown' : 'chevronRight'} size={14} />
        {text.isFinished ? 'Reasoning' : 'Reasoning…'}
      </button>
      {isUnfolded && (
        <div class="reasoning__text">
          {blocks.map((block, at) => block && <MarkdownView key={at} raw={block.raw} links={text.text.links} />)}
        </div>
      )}
    </section>
  );
}

function Tool({ call, context }: { readonly call: ToolCall; readonly context: RowContext }) {
  void call.revision.value;
  const now = call.state === 'running' ? context.now.value : undefined;
  return <ToolCard call={call} mayApprove={context.mayApprove} now={now} answer={context.answer} />;
}

const LEVELS: Readonly<Record<Notice['level'], Tone>> = { info: 'quiet', warning: 'warn', error: 'bad' };

function NoticeView({ notice }: { readonly notice: Notice }) {
  void notice.revision.value;
  return (
    <p class={`notice-line notice-line--${notice.level}`}>
      <Mark tone={LEVELS[notice.level]} /> <span>{notice.message}</span>
    </p>
  );
}

const STEPS: Readonly<Record<string, readonly [Tone, string]>> = {
  completed: ['good', 'done'],
  in_progress: ['accent', 'under way'],
};

function PlanView({ plan }: { readonly plan: Plan }) {
  void plan.revision.value;
  return (
    <section class="card plan" aria-label="Plan">
      <h3>Plan</h3>
      <ol>
        {plan.entries.map(({ content, status }, at) => {
          const [tone, word] = STEPS[status] ?? ['quiet', 'open'];
          return (
            <li key={at} class={`plan__step plan__step--${status}`}>
              <Mark tone={tone} /> <span class="visually-hidden">{word}: </span>
              <span>{content}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function CommandView({ command }: { readonly command: DeviceCommand }) {
  void command.revision.value;
  return (
    <section class="card" aria-label="Command of the device">
      <header class="card__head">
        <code>{command.input}</code>
      </header>
      {command.output !== undefined && <pre class="given__command">{command.output}</pre>}
    </section>
  );
}

function GapView({ gap }: { readonly gap: Gap }) {
  return (
    <p class="notice-line notice-line--warning">
      <Mark tone="warn" />
      <span>
        Events {gap.from} to {gap.to ?? '?'} did not come; output may be missing here.
      </span>
    </p>
  );
}

const ENDS: Readonly<Record<string, readonly [Tone, string]>> = {
  end_turn: ['good', 'Done'],
  error: ['bad', 'Ended with an error'],
  cancelled: ['quiet', 'Aborted'],
  denied: ['bad', 'Ended: what it needed was denied'],
};

function EndView({ end }: { readonly end: TurnEnd }) {
  void end.revision.value;
  const { stopReason, error, meter } = end;
  const [tone, word] = ENDS[stopReason] ?? ['quiet', `Ended: ${stopReason}`];
  const { usage } = meter;
  const facts = [
    meter.elapsed === undefined ? '' : elapsed(meter.elapsed),
    meter.tools === 0 ? '' : count(meter.tools, 'tool call'),
    meter.units === 0 ? '' : size(meter.units),
    usage?.total === undefined ? '' : count(usage.total, 'token'),
    usage?.cost === undefined ? '' : `${usage.cost.amount.toFixed(4)} ${usage.cost.currency}`,
  ].filter((fact) => fact !== '');
  return (
    <div class="turn-end">
      {error !== undefined && <p class="turn-end__error">{error}</p>}
      <p class="turn-end__line">
        <Mark tone={tone} /> <span>{[word, ...facts].join(' · ')}</span>
      </p>
    </div>
  );
}
