import type { ComponentChildren } from 'preact';
import { Button, Notice, Waiting } from '../ui/index.js';
import type { Asked } from './asked.store.js';

interface AnsweredProps<T> {
  readonly asked: Asked<T>;
  readonly children: (answer: T) => ComponentChildren;
}

/** What the relay answered, and what it said instead. */
export function Answered<T>({ asked, children }: AnsweredProps<T>) {
  const { value } = asked.value;
  const error = asked.error.value;
  return (
    <>
      {error !== undefined && (
        <Notice tone="bad" actions={<Button onClick={() => void asked.ask()}>Ask again</Button>}>
          {error}
        </Notice>
      )}
      {value === undefined ? error === undefined && <Waiting label="Asking the relay" /> : children(value)}
    </>
  );
}
