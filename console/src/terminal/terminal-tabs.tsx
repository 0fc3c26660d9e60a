import { IconButton } from '../ui/index.js';
import type { TerminalStore } from './terminal.store.js';
import type { TerminalsStore } from './terminals.store.js';
import type { XtermScreen } from './xterm-screen.js';

/** The terminals that are open, and a way to another one. */
export function TerminalTabs({ store }: { readonly store: TerminalsStore<XtermScreen> }) {
  return (
    <div class="terminal-tabs" role="group" aria-label="Terminals">
      {store.open.value.map((open) => {
        const { terminal } = open;
        const isActive = open === store.active.value;
        return (
          <span key={terminal.number} class={`terminal-tabs__tab${isActive ? ' terminal-tabs__tab--active' : ''}`}>
            <button type="button" aria-pressed={isActive} onClick={() => (store.active.value = open)}>
              {nameOf(terminal)}
            </button>
            <IconButton
              icon="close"
              label={
                terminal.phase.value.name === 'open'
                  ? `End terminal ${terminal.number}`
                  : `Close terminal ${terminal.number}`
              }
              onClick={() => store.close(open)}
            />
          </span>
        );
      })}
      <button
        type="button"
        class="button button--plain button--icon"
        aria-label="Another terminal"
        title="Another terminal"
        onClick={() => store.add()}
      >
        +
      </button>
    </div>
  );
}

function nameOf({ number, title, phase }: TerminalStore): string {
  const name = title.value === '' ? `Terminal ${number}` : title.value;
  return phase.value.name === 'ended' ? `${name} (ended)` : name;
}
