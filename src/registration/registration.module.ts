import { Module } from '@nestjs/common';
import { CLOCK, optionsProvider } from '../config/index.js';
import { MetricsModule } from '../observability/index.js';
import { SYSTEM_CLOCK } from '../protocol/index.js';
import { ConfigurableModuleClass, REGISTRATION_OPTIONS } from './registration.module-definition.js';
import { RegistrationOptions } from './registration.options.js';
import { RegistrationService } from './registration.service.js';
import { HTTP_FETCH, TOKEN_SOURCE, type TokenSource } from './registration.js';

/** Registers with a server and negotiates capabilities. @publicApi */
@Module({
  imports: [MetricsModule],
  providers: [
    optionsProvider(RegistrationOptions, REGISTRATION_OPTIONS),
    RegistrationService,
    { provide: CLOCK, useValue: SYSTEM_CLOCK },
    { provide: HTTP_FETCH, useValue: globalThis.fetch },
    {
      provide: TOKEN_SOURCE,
      inject: [RegistrationOptions],
      useFactory: ({ token }: RegistrationOptions): TokenSource => ({ resolve: () => token ?? '' }),
    },
  ],
  exports: [RegistrationService, RegistrationOptions, TOKEN_SOURCE, CLOCK],
})
export class RegistrationModule extends ConfigurableModuleClass {}
