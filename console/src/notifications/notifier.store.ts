import { signal, type ReadonlySignal } from '@preact/signals';

/** What of a browser's notifications is used. */
export interface Notifications {
  readonly permission: NotificationPermission;
  requestPermission(): Promise<NotificationPermission>;
  show(title: string, options: NotificationOptions, onClick: () => void): void;
}

/** `on`: they come; `off`: nobody asked for them here; `refused`: the browser shows none; `missing`: it has none. */
export type NotifierState = 'on' | 'off' | 'refused' | 'missing';

const KEY = 'twinlane.notifications';

/** Whether this browser shows notifications; it is asked only when somebody wants them, and remembers that. */
export class Notifier {
  private readonly now: { value: NotifierState };

  /** @param notifications undefined where the browser has none */
  constructor(
    private readonly notifications: Notifications | undefined,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
  ) {
    this.now = signal(this.current());
  }

  get state(): ReadonlySignal<NotifierState> {
    return this.now as ReadonlySignal<NotifierState>;
  }

  /** Somebody has clicked: asks the browser where it was not asked yet. */
  async toggle(): Promise<void> {
    const { notifications, storage } = this;
    if (this.now.value === 'on') storage.removeItem(KEY);
    else {
      storage.setItem(KEY, 'on');
      if (notifications?.permission === 'default') await notifications.requestPermission();
    }
    this.now.value = this.current();
  }

  /** @param onClick where a click on it leads */
  show(title: string, options: NotificationOptions, onClick: () => void): void {
    if (this.now.value !== 'on') return;
    try {
      this.notifications?.show(title, options, onClick);
    } catch (error) {
      // Browsers of phones show them only from a service worker, and say so only now.
      if (!(error instanceof TypeError)) throw error;
      this.now.value = 'missing';
    }
  }

  private current(): NotifierState {
    if (!this.notifications) return 'missing';
    if (this.notifications.permission === 'denied') return 'refused';
    return this.storage.getItem(KEY) === 'on' && this.notifications.permission === 'granted' ? 'on' : 'off';
  }
}

/** Those of a browser's window. */
export function notificationsOf(window: Window & { Notification?: typeof Notification }): Notifications | undefined {
  const { Notification: Shown } = window;
  if (!Shown) return undefined;
  return {
    get permission() {
      return Shown.permission;
    },
    requestPermission: () => Shown.requestPermission(),
    show: (title, options, onClick) => {
      const shown = new Shown(title, options);
      shown.addEventListener('click', () => {
        window.focus();
        shown.close();
        onClick();
      });
    },
  };
}
