import type { ComponentChildren } from 'preact';

export type Tone = 'good' | 'warn' | 'bad' | 'quiet' | 'accent';

/** A short word with a colour, and a mark of a shape of its own: colour alone says nothing to many. */
export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`badge badge--${tone}`}>
      <Mark tone={tone} />
      {children}
    </span>
  );
}

const SHAPES: Readonly<Record<Tone, string>> = {
  good: 'M5 1.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6z',
  accent: 'M5 1.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6z',
  warn: 'M5 .9l4.2 7.7H.8z',
  bad: 'M1.5 1.5h7v7h-7z',
  quiet: 'M5 1.7a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.6z',
};

/** The mark alone; whoever uses it says the same in words. */
export function Mark({ tone }: { readonly tone: Tone }) {
  return (
    <svg class={`mark mark--${tone}`} viewBox="0 0 10 10" width="9" height="9" aria-hidden="true">
      <path d={SHAPES[tone]} />
    </svg>
  );
}
