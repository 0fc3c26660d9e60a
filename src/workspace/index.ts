export { PathRefusedError, Workspace } from './workspace.js';
