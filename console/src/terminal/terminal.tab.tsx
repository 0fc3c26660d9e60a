import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { useConsole } from '../app/index.js';
import type { EnvironmentTabProps } from '../environments/index.js';
import { Button, Icon, IconButton, Notice, Waiting } from '../ui/index.js';
import { darkMode } from './dark-mode.js';
import { terminalsOf } from './environment-terminals.js';
import { KeyRow } from './key-row.js';
import { TerminalHelp } from './terminal-help.js';
import { TerminalSettingsStore } from './terminal-settings.js';
import { TerminalStrip } from './terminal-strip.js';
import { TerminalTabs } from './terminal-tabs.js';
import './terminal.css';
import type { OpenTerminal, TerminalsStore } from './terminals.store.js';
import { XtermScreen } from './xterm-screen.js';

type Open = OpenTerminal<XtermScreen>;

const settings = new TerminalSettingsStore(localStorage);

/** Terminals on the device, for whoever may steer. */
export function TerminalTab({ attached }: EnvironmentTabProps) {
  const { session, theme, toasts } = useConsole();
  const surroundings = useMemo(() => {
    const isDark = darkMode(window, theme.theme);
    const leave = (): void => document.querySelector<HTMLElement>('.terminal-tabs a, .terminal-tabs button')?.focus();
    return { settings: settings.now, isDark, leave, tell: (text: string) => toasts.show(text) };
  }, [theme, toasts]);
  if (session.info?.maySteer !== true)
    return (
      <div class="terminals__refused">
        <Notice tone="quiet" title="No terminal for this token.">
          It may only watch: files and terminals are for tokens that may steer.
        </Notice>
      </div>
    );
  const store = terminalsOf(attached, () => new XtermScreen(surroundings));
  return store ? <Terminals store={store} /> : <Waiting label="Connecting" />;
}

function Terminals({ store }: { readonly store: TerminalsStore<XtermScreen> }) {
  const isHelpOpen = useSignal(false);
  const { value: active } = store.active;
  const { fontSize, isReadAloud } = settings.now.value;
  useEffect(() => {
    if (store.open.value.length === 0) store.add();
  }, [store]);
  return (
    <div class="terminals">
      <div class="terminals__bar">
        <TerminalTabs store={store} />
        <div class="terminals__tools" role="toolbar" aria-label="Terminal">
          <button
            type="button"
            class="button button--plain"
            aria-pressed={isReadAloud}
            title="Tells a screen reader what is printed"
            onClick={() => settings.change({ isReadAloud: !isReadAloud })}
          >
            {isReadAloud && <Icon name="check" />}
            Read aloud
          </button>
          <button
            type="button"
            class="button button--plain button--icon"
            title="Smaller letters"
            onClick={() => settings.change({ fontSize: fontSize - 1 })}
          >
            A−<span class="visually-hidden"> smaller letters</span>
          </button>
          <button
            type="button"
            class="button button--plain button--icon"
            title="Larger letters"
            onClick={() => settings.change({ fontSize: fontSize + 1 })}
          >
            A+<span class="visually-hidden"> larger letters</span>
          </button>
          <IconButton icon="help" label="Keys in a terminal" onClick={() => (isHelpOpen.value = true)} />
        </div>
      </div>
      {active ? (
        <ShownTerminal key={active.terminal.number} store={store} shown={active} />
      ) : (
        <div class="terminals__none">
          <Button kind="primary" icon="terminal" onClick={() => store.add()}>
            Open a terminal
          </Button>
        </div>
      )}
      {isHelpOpen.value && <TerminalHelp onClose={() => (isHelpOpen.value = false)} />}
    </div>
  );
}

interface ShownTerminalProps {
  readonly store: TerminalsStore<XtermScreen>;
  readonly shown: Open;
}

function ShownTerminal({ store, shown }: ShownTerminalProps) {
  const { terminal, screen } = shown;
  const place = useRef<HTMLDivElement>(null);
  // Before the next key, which is for this one.
  useLayoutEffect(() => {
    if (!place.current) return undefined;
    const hide = screen.show(place.current);
    // With the size that it has on the page: the first prompt is printed for it.
    if (terminal.phase.peek().name === 'opening') void terminal.run(screen.size);
    screen.focus();
    return hide;
  }, [terminal, screen]);
  const again = (): void => {
    store.close(shown);
    store.add();
  };
  return (
    <>
      <TerminalStrip terminal={terminal} away={store.away.value} onAgain={again} />
      <div class="terminals__place" ref={place} role="region" aria-label={`Terminal ${terminal.number}`} />
      <KeyRow terminal={terminal} screen={screen} />
    </>
  );
}
