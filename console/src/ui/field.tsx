import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Hides what is typed. */
  readonly secret?: boolean;
  /** For the browser's own list of what it may fill in. */
  readonly autocomplete?: 'off' | 'current-password';
  /** Whether typing goes here as soon as it is shown. */
  readonly focused?: boolean;
  readonly placeholder?: string;
  /** What is wrong with what stands there. */
  readonly error?: string | undefined;
  readonly hint?: ComponentChildren;
}

/** One line to type into, with its name above. */
export function Field(props: FieldProps) {
  const { label, value, onChange, secret = false, autocomplete = 'off', focused = false, error, hint } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (focused) input.current?.focus();
  }, [focused]);
  const notes = [hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`].join(' ').trim();
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {label}
      </label>
      <input
        ref={input}
        id={id}
        class="input"
        {...(secret ? { type: 'password' as const } : { type: 'text' as const })}
        autocomplete={autocomplete}
        spellcheck={false}
        placeholder={props.placeholder ?? ''}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        aria-invalid={error !== undefined}
        {...(notes === '' ? {} : { 'aria-describedby': notes })}
      />
      {hint !== undefined && (
        <p class="field__hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p class="field__error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
