export { CLOCK } from './clock.token.js';
export { discover, type Discovered } from './discover.js';
export { type Extension, extendModule } from './extension.js';
export { OptionsError, optionsProvider, validateOptions } from './validate-options.js';
export { wildcard } from './wildcard.js';
