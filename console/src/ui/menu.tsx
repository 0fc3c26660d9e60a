import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';
import { moveFocus } from './list-keys.js';

export interface MenuEntry {
  readonly label: string;
  readonly icon?: IconName;
  /** Of several of which one is chosen: whether it is this one. */
  readonly checked?: boolean;
  readonly run: () => void;
}

interface MenuProps {
  /** Of the button that opens it. */
  readonly label: string;
  readonly button: ComponentChildren;
  /** What stands above the entries and is none. */
  readonly head?: ComponentChildren;
  readonly entries: readonly MenuEntry[];
}

/** A button with a list of things to do. */
export function Menu({ label, button, head, entries }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    if (!open) return undefined;
    list.current?.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
    const beside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', beside);
    return () => document.removeEventListener('pointerdown', beside);
  }, [open]);
  const close = () => {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') setOpen(false);
    else if (list.current && moveFocus(event, list.current, '[role^=menuitem]')) event.stopPropagation();
  };
  return (
    <div class="menu" ref={root}>
      <button
        type="button"
        class="button button--plain"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <div class="menu__panel">
          {head && <div class="menu__head">{head}</div>}
          <div class="menu__list" role="menu" aria-label={label} id={id} ref={list} onKeyDown={onKeyDown}>
            {entries.map((entry, at) => (
              <button
                key={at}
                type="button"
                tabIndex={-1}
                class="menu__entry"
                role={entry.checked === undefined ? 'menuitem' : 'menuitemradio'}
                aria-checked={entry.checked}
                onClick={() => {
                  close();
                  entry.run();
                }}
              >
                <span class="menu__icon">{entry.icon && <Icon name={entry.icon} />}</span>
                {entry.label}
                {entry.checked && <Icon name="check" />}
              </button>
            ))}
          </div>
        </div>
      )}
    </div>
  );
}
