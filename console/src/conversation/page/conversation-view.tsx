import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { EnvironmentRecord } from 'twinlane/client';
import { useConsole, useShortcuts } from '../../app/index.js';
import { Button, messageOf } from '../../ui/index.js';
import type { RowContext } from '../cards/item-view.js';
import { Composer } from '../composer/composer.js';
import { readSlash } from '../composer/slash-commands.js';
import type { ListControl } from '../list/virtual-list.js';
import type { Conversation } from '../store/conversation.store.js';
import type { TranscriptRow } from '../transcript/item-list.js';
import { ModeBar } from './mode-bar.js';
import { StatusLine } from './status-line.js';
import { TranscriptView } from './transcript-view.js';
import { WaitingInputs } from './waiting-inputs.js';

/** Escape counts as pressed twice within this time, in ms. */
const TWICE_MS = 1_200;

interface ConversationViewProps {
  readonly record: EnvironmentRecord;
  readonly conversation: Conversation;
  /** Events of it that the relay has. */
  readonly events: number;
  /** Why nothing can be sent. */
  readonly blocked: string | undefined;
  readonly begin: () => void;
  readonly showAll: () => void;
}

/** One conversation: what was said and done, what goes on, and where to type. */
export function ConversationView(props: ConversationViewProps) {
  const { record, conversation, events, blocked, begin, showAll } = props;
  const { session, toasts, now } = useConsole();
  const control = useRef<ListControl>(undefined);
  const transcript = conversation.transcript.value;
  const mayApprove = session.info?.mayApprove ?? false;
  const maySteer = blocked === undefined;
  const context = useMemo(
    (): RowContext => ({ mayApprove, now, answer: (id, decision) => void conversation.answer(id, decision) }),
    [conversation, mayApprove, now],
  );
  const tell = (error: unknown) => toasts.show(messageOf(error), 'bad');
  const abort = () => void conversation.abort().catch(tell);
  const setMode = (mode: string) => void conversation.setMode(mode).catch(tell);
  const setAgentMode = (mode: string) => void conversation.setAgentMode(mode).catch(tell);
  const goToQuestion = () =>
    control.current?.toRow(
      ({ item }: TranscriptRow) =>
        item.kind === 'tool' && item.approval !== undefined && item.approval.outcome === undefined,
      '[data-asks]',
    );
  useShortcuts(
    useMemo(() => [{ key: 'g a', label: 'Go to the question that waits', run: () => goToQuestion() }], [conversation]),
  );
  const send = (content: unknown, text: string) => {
    const line = readSlash(text);
    if (line.kind === 'mode') return setMode(line.mode);
    if (line.kind === 'agent-mode') return setAgentMode(line.mode);
    if (line.kind === 'abort') return abort();
    if (line.kind === 'new') return begin();
    control.current?.toEnd();
    void conversation.outbox.add(content);
  };
  useEscapeTwice(() => maySteer && conversation.status.isBusy && abort());
  const device = conversation.status.device.value;
  const state = conversation.state.value;
  const hasEarlier = conversation.history !== 'all' && events > conversation.history;
  return (
    <section class="conversation__main" aria-label="Conversation">
      <h2 class="visually-hidden">Conversation</h2>
      <ModeBar conversation={conversation} maySteer={maySteer} setMode={setMode} setAgentMode={setAgentMode} />
      {state.phase === 'failed' && (
        <p class="conversation__problem" role="alert">
          {state.reason}
        </p>
      )}
      {hasEarlier && (
        <p class="conversation__earlier">
          The newest {conversation.history.toLocaleString('en')} events are shown.{' '}
          <Button onClick={showAll}>Show all</Button>
        </p>
      )}
      <TranscriptView transcript={transcript} isCaughtUp={device !== undefined} context={context} control={control} />
      <div class="conversation__below">
        <StatusLine
          conversation={conversation}
          transcript={transcript}
          maySteer={maySteer}
          mayApprove={mayApprove}
          abort={abort}
          goToQuestion={goToQuestion}
        />
        <WaitingInputs
          conversation={conversation}
          maySteer={maySteer}
          remove={(item) => void conversation.removeQueued(item).catch(tell)}
        />
        <Composer
          environment={record.id}
          blocked={blocked}
          offered={{
            modes: device?.modes ?? [],
            agentModes: device?.agent.modes ?? [],
            commands: device?.agent.commands ?? [],
          }}
          send={send}
          complain={(text) => toasts.show(text, 'bad')}
        />
      </div>
    </section>
  );
}

/** Wherever the focus is: what had it may just have gone. */
function useEscapeTwice(run: () => void): void {
  const newest = useRef(run);
  newest.current = run;
  useEffect(() => {
    let escapedAt = -Infinity;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      const isTwice = event.timeStamp - escapedAt < TWICE_MS;
      escapedAt = isTwice ? -Infinity : event.timeStamp;
      if (isTwice) newest.current();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
