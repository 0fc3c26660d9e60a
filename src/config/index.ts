export { CLOCK } from './clock.token.js';
export { DEFLATE } from './deflate.js';
export { discover, type Discovered } from './discover.js';
export { type Extension, extendModule } from './extension.js';
export { SendWindowOptions } from './send-window.options.js';
export { OptionsError, optionsProvider, validateOptions } from './validate-options.js';
export { Bytes, Milliseconds, WholeNumber } from './whole-number.decorator.js';
export { wildcard } from './wildcard.js';
