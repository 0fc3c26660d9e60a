import { ROW_KEYS } from './control-keys.js';
import type { TerminalStore } from './terminal.store.js';
import type { XtermScreen } from './xterm-screen.js';

interface KeyRowProps {
  readonly terminal: TerminalStore;
  readonly screen: XtermScreen;
}

/** The keys that a phone's keyboard lacks. They leave the focus where it is, so that the keyboard stays. */
export function KeyRow({ terminal, screen }: KeyRowProps) {
  const keepFocus = (event: Event) => event.preventDefault();
  const isHeld = terminal.isControlHeld.value;
  return (
    <div class="key-row" role="toolbar" aria-label="Keys">
      <button
        type="button"
        class="key-row__key"
        aria-pressed={isHeld}
        title="Ctrl, for the next letter"
        onPointerDown={keepFocus}
        onClick={() => (terminal.isControlHeld.value = !isHeld)}
      >
        Ctrl
      </button>
      {ROW_KEYS.map(({ label, name, text }) => (
        <button
          key={name}
          type="button"
          class="key-row__key"
          aria-label={name}
          onPointerDown={keepFocus}
          onClick={() => terminal.type(text(screen.hasApplicationArrows))}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
