import { Button, Mark } from '../../ui/index.js';
import type { Transcript } from '../transcript/transcript.store.js';

interface QuestionStripProps {
  readonly transcript: Transcript | undefined;
  readonly mayApprove: boolean;
  readonly goTo: () => void;
}

/** A question is not to be missed, wherever in the transcript somebody reads. */
export function QuestionStrip({ transcript, mayApprove, goTo }: QuestionStripProps) {
  void transcript?.items.revision.value;
  const [call, ...more] = transcript?.pending.values() ?? [];
  const isThere = call !== undefined && mayApprove;
  return (
    <div role="status" class={isThere ? 'question-strip' : ''}>
      {isThere && (
        <>
          <Mark tone="warn" />
          <span>
            <strong>{call.name}</strong> asks whether it may go on{more.length > 0 ? `, and ${more.length} more` : ''}.
          </span>
          <Button onClick={goTo}>
            Go to it <kbd>g a</kbd>
          </Button>
        </>
      )}
    </div>
  );
}
