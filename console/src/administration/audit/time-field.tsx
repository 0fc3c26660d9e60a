import { useId } from 'preact/hooks';

interface TimeFieldProps {
  readonly label: string;
  /** As the browser's own field has it; empty: none. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A day and a time of it. */
export function TimeField({ label, value, onChange }: TimeFieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {label}
      </label>
      <input
        id={id}
        class="input"
        type="datetime-local"
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
