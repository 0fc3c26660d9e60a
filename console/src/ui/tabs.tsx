import { useEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  readonly href: string;
}

/** Views of one thing, each with an address of its own. */
export function Tabs({ label, tabs, current }: { label: string; tabs: readonly Tab[]; current: string }) {
  const place = useRef<HTMLElement>(null);
  // Where there is no room for all of them, the one that is shown is among those that are.
  useEffect(
    () => place.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }),
    [current],
  );
  return (
    <nav class="tabs" aria-label={label} ref={place}>
      <ul>
        {tabs.map(({ id, label, icon, href }) => (
          <li key={id}>
            <a class="tabs__tab" href={href} aria-current={id === current ? 'page' : undefined}>
              <Icon name={icon} />
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
