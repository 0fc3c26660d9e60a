import { useConsole, type Console } from '../app/index.js';
import { notificationsOf, Notifier } from './notifier.store.js';

/** One for the page. */
const notifiers = new WeakMap<Console, Notifier>();

export function useNotifier(): Notifier {
  const console = useConsole();
  const notifier = notifiers.get(console) ?? new Notifier(notificationsOf(window), window.localStorage);
  notifiers.set(console, notifier);
  return notifier;
}
