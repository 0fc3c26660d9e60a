import { useMemo } from 'preact/hooks';
import { Waiting } from '../../ui/index.js';
import { RowView, type RowContext } from '../cards/item-view.js';
import { VirtualList, type ListControl } from '../list/virtual-list.js';
import type { TranscriptRow } from '../transcript/item-list.js';
import type { Transcript } from '../transcript/transcript.store.js';

interface TranscriptViewProps {
  readonly transcript: Transcript | undefined;
  /** Whether the state has come, which is shown after the past. */
  readonly isCaughtUp: boolean;
  readonly context: RowContext;
  readonly control: { current: ListControl | undefined };
}

/** What kinds of rows need at first, in pixels; each is measured once it is drawn. */
const HEIGHTS: Readonly<Record<TranscriptRow['item']['kind'], number>> = {
  user: 54,
  assistant: 48,
  reasoning: 46,
  tool: 150,
  notice: 34,
  plan: 110,
  command: 70,
  gap: 34,
  end: 54,
};

export function TranscriptView({ transcript, isCaughtUp, context, control }: TranscriptViewProps) {
  const render = useMemo(() => (row: TranscriptRow) => <RowView row={row} context={context} />, [context]);
  if (!transcript) return <Waiting label="Opening the conversation" />;
  void transcript.items.revision.value;
  const { rows, revision } = transcript.items;
  if (rows.length === 0) return isCaughtUp ? <Nothing /> : <Waiting label="Reading the conversation" />;
  return (
    <VirtualList
      label="Transcript"
      rows={rows}
      revision={revision}
      estimate={({ item }) => HEIGHTS[item.kind]}
      render={render}
      isStop={({ part }) => part === 0}
      control={control}
    />
  );
}

function Nothing() {
  return (
    <div class="conversation__nothing">
      <h2>Nothing was asked here yet</h2>
      <p>
        What you send is run by the environment’s agent. A slash shows what else can be done, <kbd>?</kbd> the keys.
      </p>
    </div>
  );
}
