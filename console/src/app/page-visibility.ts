import { signal, type ReadonlySignal } from '@preact/signals';

/** Whether somebody can see the page. */
export function pageVisibility(page: Document): ReadonlySignal<boolean> {
  const visible = signal(!page.hidden);
  page.addEventListener('visibilitychange', () => (visible.value = !page.hidden));
  return visible;
}
