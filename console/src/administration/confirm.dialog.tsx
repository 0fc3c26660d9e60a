import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useConsole } from '../app/index.js';
import { Button, Dialog, Field, Notice, messageOf } from '../ui/index.js';

interface ConfirmProps {
  readonly title: string;
  /** What will happen. */
  readonly children: ComponentChildren;
  /** The words on the button. */
  readonly action: string;
  /** What must be typed first, where it takes much away. */
  readonly typed?: string;
  /** What it throws is shown, and the dialog stays. */
  readonly run: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks whether something that takes away is really wanted. */
export function ConfirmDialog({ title, children, action, typed, run, onClose }: ConfirmProps) {
  const { session } = useConsole();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await run();
      onClose();
    } catch (failure) {
      setBusy(false);
      if (!session.noticed(failure)) setError(messageOf(failure));
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="administration__form" onSubmit={(event) => void submit(event)}>
        <div>{children}</div>
        {typed !== undefined && <Field label={`Type ${typed} to go on`} value={text} onChange={setText} focused />}
        {error !== undefined && <Notice tone="bad">{error}</Notice>}
        <div class="administration__buttons">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" disabled={busy || (typed !== undefined && text.trim() !== typed)}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
