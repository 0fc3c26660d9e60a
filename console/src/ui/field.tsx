import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { FieldFrame } from './field-frame.js';

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
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (focused) input.current?.focus();
  }, [focused]);
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {(control) => (
        <input
          {...control}
          ref={input}
          class="input"
          {...(secret ? { type: 'password' as const } : { type: 'text' as const })}
          autocomplete={autocomplete}
          spellcheck={false}
          placeholder={props.placeholder ?? ''}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
          aria-invalid={error !== undefined}
        />
      )}
    </FieldFrame>
  );
}
