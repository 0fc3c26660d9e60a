import type { ComponentChildren } from 'preact';
import type { Tone } from './badge.js';
import { Mark } from './badge.js';

interface NoticeProps {
  readonly tone: Tone;
  readonly title?: string;
  readonly children: ComponentChildren;
  /** What can be done about it. */
  readonly actions?: ComponentChildren;
}

/** Something to know before anything else on a page. */
export function Notice({ tone, title, children, actions }: NoticeProps) {
  return (
    <div class={`notice notice--${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Mark tone={tone} />
      <div class="notice__text">
        {title !== undefined && <strong>{title}</strong>} {children}
      </div>
      {actions && <div class="notice__actions">{actions}</div>}
    </div>
  );
}
