import type { ComponentChildren } from 'preact';

interface SectionHeadProps {
  readonly title: string;
  readonly about: string;
  /** What can be done here. */
  readonly children?: ComponentChildren;
}

/** What a view is about, in a sentence, and what to do there. */
export function SectionHead({ title, about, children }: SectionHeadProps) {
  return (
    <div class="section-head">
      <div>
        <h2>{title}</h2>
        <p>{about}</p>
      </div>
      {children && <div class="section-head__tools">{children}</div>}
    </div>
  );
}
