import { useConsole } from '../app/index.js';
import { IconButton } from '../ui/index.js';
import './notifications.css';
import type { NotifierState } from './notifier.store.js';
import { useNotifier } from './use-notifier.js';

const LABELS: Readonly<Record<NotifierState, string>> = {
  on: 'Notifications are on: approvals and finished turns of every environment, while this page is hidden',
  off: 'Turn notifications on',
  refused: 'This browser refuses notifications; its settings for this page change that',
  missing: 'Notifications: this browser shows none; the title of the page counts approvals',
};

/** Turns notifications on and off; only its click asks the browser. */
export function NotificationBell() {
  const { toasts } = useConsole();
  const notifier = useNotifier();
  const state = notifier.state.value;
  const click = async () => {
    await notifier.toggle();
    const now = notifier.state.peek();
    if (now !== 'off') toasts.show(LABELS[now], now === 'on' ? 'good' : 'warn');
  };
  return (
    <span class="notification-bell">
      <IconButton
        icon={state === 'on' ? 'bell' : 'bellOff'}
        label={LABELS[state]}
        aria-pressed={state === 'on'}
        onClick={() => void click()}
      />
    </span>
  );
}
