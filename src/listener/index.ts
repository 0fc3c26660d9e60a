export { listenerInstanceId } from './listener-identity.js';
export { ListenerModule } from './listener.module.js';
export { type ListenerExtensions } from './listener.module-definition.js';
export { ListenerOptions, type ListenerModuleOptions } from './listener.options.js';
