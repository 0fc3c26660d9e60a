import { Mark } from './badge.js';
import { IconButton } from './button.js';
import type { Toasts } from './toasts.store.js';

export function ToastRegion({ toasts }: { readonly toasts: Toasts }) {
  return (
    <section class="toasts" aria-label="Messages" aria-live="polite">
      {toasts.shown.value.map(({ id, tone, text }) => (
        <div key={id} class={`toast toast--${tone}`}>
          <Mark tone={tone} />
          <p>{text}</p>
          <IconButton icon="close" label="Close" onClick={() => toasts.close(id)} />
        </div>
      ))}
    </section>
  );
}
