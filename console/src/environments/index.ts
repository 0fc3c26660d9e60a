export type { AttachedEnvironment, ShownEnvironment, TieState } from './attached-environment.store.js';
export { EnvironmentPage } from './environment.page.js';
export { waitingIn, waitingText } from './environment-facts.js';
export type { EnvironmentStatusProps, EnvironmentTab, EnvironmentTabProps } from './environment-tab.js';
export { EnvironmentsPage } from './environments.page.js';
export { presenceView, type PresenceView } from './presence-view.js';
export { useEnvironments } from './use-environments.js';
