import type { ComponentType } from 'preact';
import type { SessionInfo } from 'twinlane/client';
import { lazy } from '../ui/index.js';

/** A page beside the environments. */
export interface Page {
  /** The first part of its address; what comes after is the page's own. */
  readonly path: string;
  readonly label: string;
  /** Whether somebody has any use of it. */
  readonly isFor: (session: SessionInfo) => boolean;
  readonly Page: ComponentType<{ readonly path: readonly string[] }>;
}

/** In the order of the header. */
export const PAGES: readonly Page[] = [
  {
    path: 'admin',
    label: 'Administration',
    isFor: ({ mayAdminister }) => mayAdminister,
    Page: lazy(async () => (await import('../administration/index.js')).AdministrationPage),
  },
];
