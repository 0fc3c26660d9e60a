import { computed, signal, type ReadonlySignal } from '@preact/signals';

/** What a browser prefers is listened to once, however many pages of terminals come and go. */
const known = new WeakMap<ReadonlySignal<string>, ReadonlySignal<boolean>>();

/** Whether the page is dark right now: as somebody chose it, else as the system has it. */
export function darkMode(window: Window, theme: ReadonlySignal<string>): ReadonlySignal<boolean> {
  const isDark = known.get(theme) ?? follow(window, theme);
  known.set(theme, isDark);
  return isDark;
}

function follow(window: Window, theme: ReadonlySignal<string>): ReadonlySignal<boolean> {
  const query = window.matchMedia('(prefers-color-scheme: dark)');
  const system = signal(query.matches);
  query.addEventListener('change', () => (system.value = query.matches));
  return computed(() => (theme.value === 'system' ? system.value : theme.value === 'dark'));
}
