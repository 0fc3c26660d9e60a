export { NEVER_GIVEN } from './child-environment.js';
export { AccessRefusedError } from './access-refused.error.js';
export { MODE_RULES, type ModeRules } from './mode-rules.js';
export { Permissions } from './permissions.js';
export { DEFAULT_CHILD_ENV, PERMISSIONS_OPTIONS, PermissionsOptions } from './permissions.options.js';
export { permissionsProviders } from './permissions.providers.js';
