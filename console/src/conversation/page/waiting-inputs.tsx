import { Button, IconButton, Mark } from '../../ui/index.js';
import type { Conversation } from '../store/conversation.store.js';
import { contentText } from '../transcript/read-fields.js';

interface WaitingInputsProps {
  readonly conversation: Conversation;
  readonly maySteer: boolean;
  readonly remove: (item: string) => void;
}

/** Inputs that have not begun: on their way to the device, or in its queue. */
export function WaitingInputs({ conversation, maySteer, remove }: WaitingInputsProps) {
  const { outbox, status } = conversation;
  const [outgoing, queue] = [outbox.inputs.value, status.queue.value];
  if (outgoing.length + queue.length === 0) return null;
  return (
    <ul class="waiting-inputs" aria-label="Inputs that wait">
      {queue.map(({ id, content }, at) => (
        <li key={id}>
          <span class="waiting-inputs__place">{at + 1}. in the queue</span>
          <span class="waiting-inputs__text">{contentText(content)}</span>
          {maySteer && <IconButton icon="close" label="Take it out of the queue" onClick={() => remove(id)} />}
        </li>
      ))}
      {outgoing.map(({ id, text, error }) => (
        <li key={id}>
          {error === undefined ? (
            <span class="waiting-inputs__place">sending…</span>
          ) : (
            <span class="waiting-inputs__error" role="alert">
              <Mark tone="bad" /> {error}
            </span>
          )}
          <span class="waiting-inputs__text">{text}</span>
          {error !== undefined && (
            <>
              <Button onClick={() => void outbox.retry(id)}>Send again</Button>
              <IconButton icon="close" label="Discard it" onClick={() => outbox.discard(id)} />
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
