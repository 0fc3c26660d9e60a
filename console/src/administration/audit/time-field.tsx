import { FieldFrame } from '../../ui/index.js';

interface TimeFieldProps {
  readonly label: string;
  /** As the browser's own field has it; empty: none. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A day and a time of it. */
export function TimeField({ label, value, onChange }: TimeFieldProps) {
  return (
    <FieldFrame label={label}>
      {(control) => (
        <input
          {...control}
          class="input"
          type="datetime-local"
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </FieldFrame>
  );
}
