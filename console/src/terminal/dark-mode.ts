import { computed, signal, type ReadonlySignal } from '@preact/signals';

/** Whether the page is dark right now: as somebody chose it, else as the system has it. */
export function darkMode(window: Window, theme: ReadonlySignal<string>): ReadonlySignal<boolean> {
  const query = window.matchMedia('(prefers-color-scheme: dark)');
  const system = signal(query.matches);
  query.addEventListener('change', () => (system.value = query.matches));
  return computed(() => (theme.value === 'system' ? system.value : theme.value === 'dark'));
}
