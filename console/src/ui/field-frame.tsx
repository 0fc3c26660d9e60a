import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

/** What a control takes over, so that its label and its notes are read with it. */
export interface FieldControl {
  readonly id: string;
  readonly 'aria-describedby': string | undefined;
}

interface FieldFrameProps {
  readonly label: string;
  readonly hint?: ComponentChildren;
  /** What is wrong with what stands there. */
  readonly error?: string | undefined;
  /** The control itself. */
  readonly children: (control: FieldControl) => ComponentChildren;
}

/** A control with its name above, and below it what is to be known of it and what is wrong with its value. */
export function FieldFrame({ label, hint, error, children }: FieldFrameProps) {
  const id = useId();
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  const errorId = error === undefined ? undefined : `${id}-error`;
  const notes = [hintId, errorId].filter((note) => note !== undefined);
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {label}
      </label>
      {children({ id, 'aria-describedby': notes.length === 0 ? undefined : notes.join(' ') })}
      {hintId !== undefined && (
        <p class="field__hint" id={hintId}>
          {hint}
        </p>
      )}
      {errorId !== undefined && (
        <p class="field__error" id={errorId} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
