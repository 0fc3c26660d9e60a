import type { ComponentType } from 'preact';
import { ConnectionStatus } from '../connection/index.js';
import type { EnvironmentStatusProps, EnvironmentTab } from '../environments/index.js';
import { lazy } from '../ui/index.js';

/** The views of an environment, each with code that is fetched when it is shown first. */
export const ENVIRONMENT_TABS: readonly EnvironmentTab[] = [
  {
    id: 'conversation',
    label: 'Conversation',
    icon: 'conversation',
    showsPlace: true,
    View: lazy(async () => (await import('../conversation/index.js')).ConversationTab),
  },
  {
    id: 'files',
    label: 'Files',
    icon: 'folder',
    View: lazy(async () => (await import('../files/index.js')).FilesTab),
  },
  {
    id: 'terminal',
    label: 'Terminal',
    icon: 'terminal',
    View: lazy(async () => (await import('../terminal/index.js')).TerminalTab),
  },
  {
    id: 'connection',
    label: 'Connection',
    icon: 'connection',
    View: lazy(async () => (await import('../connection/tab/index.js')).ConnectionTab),
  },
];

/** What is shown of an environment, or done for it, whichever tab is shown. */
export const ENVIRONMENT_STATUSES: readonly ComponentType<EnvironmentStatusProps>[] = [ConnectionStatus];
