export { ProtocolEmitterModule } from './emitter.module.js';
export type { EmitterModuleOptions } from './emitter.module-definition.js';
export { EmitterOptions } from './emitter.options.js';
export { JOURNAL } from './journal.provider.js';
export { ProtocolEmitterService } from './protocol-emitter.service.js';
export { PROTOCOL_TYPE_MAP } from './type-map.provider.js';
