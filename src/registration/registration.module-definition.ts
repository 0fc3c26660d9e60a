import { ConfigurableModuleBuilder } from '@nestjs/common';
import { type Extension, extendModule } from '../config/index.js';
import type { RegistrationOptions } from './registration.options.js';

export type RegistrationModuleOptions = Partial<RegistrationOptions> &
  Pick<RegistrationOptions, 'server' | 'deviceId' | 'connectionName'>;

export const REGISTRATION_OPTIONS = Symbol('REGISTRATION_OPTIONS');
export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<RegistrationModuleOptions>({
    optionsInjectionToken: REGISTRATION_OPTIONS,
  })
    .setClassMethodName('forRoot')
    .setExtras<{ extend?: Extension | undefined }>({ extend: {} }, (definition, { extend }) =>
      extendModule(definition, extend),
    )
    .build();
