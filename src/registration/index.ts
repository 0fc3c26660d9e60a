export { Backoff } from './backoff.js';
export { HTTP_FETCH, type HttpFetch, type Registration, TOKEN_SOURCE, type TokenSource } from './registration.js';
export { RegistrationError, type RegistrationFault } from './registration.error.js';
export { RegistrationModule } from './registration.module.js';
export type { RegistrationModuleOptions } from './registration.module-definition.js';
export { RegistrationOptions } from './registration.options.js';
export { RegistrationService } from './registration.service.js';
export { ServerRefusalError } from './server-refusal.error.js';
