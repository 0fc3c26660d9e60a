export { DEFAULT_DENY } from './deny-list.js';
export { PathDeniedError, PathRefusedError, Workspace } from './workspace.js';
