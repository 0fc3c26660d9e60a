import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { SessionInfo } from 'twinlane/client';
import { NotificationBell, useAttention } from '../notifications/index.js';
import { IconButton, Menu, Icon, ToastRegion, type MenuEntry } from '../ui/index.js';
import { useConsole } from './console-context.js';
import { headerSlot } from './header-slot.js';
import { Logo } from './logo.js';
import { nameOf } from './name-of.js';
import { hrefTo } from './router.js';
import { PAGES } from './pages.js';
import { ShortcutHelp } from './shortcut-help.js';
import { useShortcuts } from './shortcuts.js';
import { THEMES, type Theme } from './theme.store.js';

const THEME_LABELS: Readonly<Record<Theme, string>> = { system: 'As the system', light: 'Light', dark: 'Dark' };

/** What is around every page of somebody who is signed in. */
export function Shell({ info, children }: { readonly info: SessionInfo; readonly children: ComponentChildren }) {
  const { router, server, toasts } = useConsole();
  useAttention();
  const [helpIsOpen, setHelpIsOpen] = useState(false);
  useShortcuts(
    useMemo(
      () => [
        { key: '?', label: 'Show these keys', run: () => setHelpIsOpen(true) },
        { key: 'g e', label: 'Go to the environments', run: () => router.go(hrefTo()) },
      ],
      [router],
    ),
  );
  const name = server.host + server.pathname.replace(/\/$/, '');
  return (
    <>
      <a
        class="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <header class="shell-header">
        <a class="shell-header__home" href={hrefTo()} title="Environments">
          <Logo />
          <span class="shell-header__name">{name}</span>
        </a>
        <nav class="shell-header__nav" aria-label="Relay">
          {PAGES.filter(({ isFor }) => isFor(info)).map(({ path, label }) => (
            <a
              key={path}
              class="shell-header__link"
              href={hrefTo(path)}
              aria-current={router.path.value[0] === path ? 'page' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
        <div class="shell-header__slot">{headerSlot.value}</div>
        <NotificationBell />
        <ThemeMenu />
        <IconButton icon="help" label="Keys" onClick={() => setHelpIsOpen(true)} />
        <AccountMenu info={info} />
      </header>
      <main class="shell-main" id="main" tabIndex={-1}>
        {children}
      </main>
      <ToastRegion toasts={toasts} />
      {helpIsOpen && <ShortcutHelp onClose={() => setHelpIsOpen(false)} />}
    </>
  );
}

function ThemeMenu() {
  const { theme } = useConsole();
  const entries = THEMES.map((one): MenuEntry => {
    return {
      label: THEME_LABELS[one],
      icon: one,
      checked: one === theme.theme.value,
      run: () => theme.choose(one),
    };
  });
  return <Menu label="Colours" button={<Icon name={theme.theme.value} />} entries={entries} />;
}

function AccountMenu({ info }: { readonly info: SessionInfo }) {
  const { session, toasts } = useConsole();
  const signOut = () =>
    void session.signOut().catch((error: unknown) => toasts.show(`Still signed in: ${String(error)}`, 'bad'));
  const head = (
    <div class="account">
      <strong>{nameOf(info)}</strong>
      <span>{rightsOf(info)}</span>
      <span>organisation {info.organizationId}</span>
      {info.expiresAt !== null && <span>until {new Date(info.expiresAt).toLocaleString()}</span>}
    </div>
  );
  return (
    <Menu
      label="Account"
      button={<Icon name="person" />}
      head={head}
      entries={[{ label: 'Sign out', icon: 'signOut', run: signOut }]}
    />
  );
}

function rightsOf({ maySteer, mayApprove, mayAdminister }: SessionInfo): string {
  const may = [
    maySteer ? 'steers' : 'watches',
    ...(mayApprove ? ['approves'] : []),
    ...(mayAdminister ? ['administers'] : []),
  ];
  return may.join(', ');
}
