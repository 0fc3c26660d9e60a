import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from './button.js';

interface DialogProps {
  readonly title: string;
  /** It was closed: by Escape, beside it, or its button. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Over everything else, for as long as it is rendered; the browser keeps the focus inside. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const headingId = useId();
  // Before the next key: who presses one and types on types into what it opened.
  useLayoutEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby={headingId}
      onClose={onClose}
      onClick={(event) => event.target === ref.current && ref.current?.close()}
    >
      <div class="dialog__content">
        <header class="dialog__header">
          <h2 id={headingId}>{title}</h2>
          <IconButton icon="close" label="Close" onClick={() => ref.current?.close()} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
