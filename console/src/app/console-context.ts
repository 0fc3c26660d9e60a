import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { TwinlaneClient } from 'twinlane/client';
import { SYSTEM_CLOCK, type Clock } from 'twinlane/protocol';
import { Toasts } from '../ui/index.js';
import { ConsoleClient } from './console-client.js';
import { pageVisibility } from './page-visibility.js';
import { Router } from './router.js';
import { SessionStore } from './session.store.js';
import { ThemeStore } from './theme.store.js';
import { tickingClock } from './ticking-clock.js';

/** A link that is down comes back by itself for as long as the page is open; in ms. */
const RECONNECT_FOR_MS = 30 * 24 * 60 * 60 * 1_000;
/** People wait in front of it; in ms. */
const LONGEST_BACKOFF_MS = 10_000;

/** The relay is asked this often what has changed in environments, in ms; browsers make it once a minute on a page that is hidden for long. */
const WATCH_MS = 2_500;

/** What every part of the console may use. */
export interface Console {
  /** The folder that the page lies in is the relay's address. */
  readonly server: URL;
  readonly client: ConsoleClient;
  readonly session: SessionStore;
  readonly router: Router;
  readonly theme: ThemeStore;
  readonly toasts: Toasts;
  readonly clock: Clock;
  readonly visible: ReadonlySignal<boolean>;
  /** Epoch ms, every second. */
  readonly now: ReadonlySignal<number>;
}

export function createConsole(window: Window, clock: Clock = SYSTEM_CLOCK): Console {
  const server = new URL('.', window.location.href);
  const limits = { reconnectForMs: RECONNECT_FOR_MS, backoffMaxMs: LONGEST_BACKOFF_MS, watchMs: WATCH_MS };
  const client = new ConsoleClient({ server: server.href, limits });
  const visible = pageVisibility(window.document);
  const startOver = (): void => {
    window.sessionStorage.clear();
    window.location.reload();
  };
  const toasts = new Toasts(clock);
  const session = new SessionStore({
    client,
    whoIs: (token) => new TwinlaneClient({ server: server.href, token }).session(),
    storage: window.localStorage,
    key: `twinlane.session:${server.pathname}`,
    startOver,
    tell: (text) => toasts.show(text, 'bad'),
  });
  watchSession(window, session, visible);
  return {
    server,
    client,
    session,
    router: new Router(window),
    theme: new ThemeStore(window.document.documentElement, window.localStorage),
    toasts,
    clock,
    visible,
    now: tickingClock(clock, visible),
  };
}

/** The cookie is one for all tabs of the browser: what another tab does with it is noticed, at the latest when somebody comes back. */
function watchSession(window: Window, session: SessionStore, visible: ReadonlySignal<boolean>): void {
  window.addEventListener('storage', () => session.changedElsewhere());
  window.addEventListener('focus', () => void session.verify());
  // No effect: that would ask again whenever `verify` finds another state.
  visible.subscribe((isVisible) => {
    if (isVisible) void session.verify();
  });
}

export const ConsoleContext = createContext<Console | undefined>(undefined);

export function useConsole(): Console {
  const console = useContext(ConsoleContext);
  if (!console) throw new TypeError('This part is not inside the console.');
  return console;
}

const title = signal('');
/** Approvals that wait. */
const count = signal(0);
effect(() => {
  if (typeof document === 'undefined') return;
  const text = title.value === '' ? 'Twinlane' : `${title.value} · Twinlane`;
  document.title = count.value === 0 ? text : `(${count.value}) ${text}`;
  const icon = document.querySelector('link[rel="icon"]');
  icon?.setAttribute('href', count.value === 0 ? './icon.svg' : './icon-waiting.svg');
});

/** Names the page that is shown, for tabs of the browser, its history and screen readers. */
export function useTitle(text: string): void {
  useEffect(() => {
    title.value = text;
  }, [text]);
}

/** Counts what waits for somebody, in the title and in the icon of the page, for as long as a component is there. */
export function useTitleCount(waiting: number): void {
  useEffect(() => {
    count.value = waiting;
    return () => {
      count.value = 0;
    };
  }, [waiting]);
}
