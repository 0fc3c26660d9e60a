import type { ComponentType } from 'preact';
import type { IconName } from '../ui/index.js';
import type { AttachedEnvironment, ShownEnvironment } from './attached-environment.store.js';

/** What is shown beside every tab. */
export interface EnvironmentStatusProps {
  readonly environment: ShownEnvironment;
  /** The page's one attachment, for every tab. */
  readonly attached: AttachedEnvironment;
}

/** What every tab of an environment's page is given. */
export interface EnvironmentTabProps extends EnvironmentStatusProps {
  /** What comes after the tab in the address, decoded. */
  readonly path: readonly string[];
}

/** A view of an environment. */
export interface EnvironmentTab {
  /** Its part of the address. */
  readonly id: string;
  readonly label: string;
  readonly icon: IconName;
  /** Whether it says itself in which directory and mode it works. */
  readonly showsPlace?: boolean;
  readonly View: ComponentType<EnvironmentTabProps>;
}
