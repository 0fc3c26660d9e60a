import { ConfigurableModuleBuilder } from '@nestjs/common';
import { type Extension, extendModule, type SendWindowOptions } from '../config/index.js';
import type { TransportOptions } from './transport.options.js';

/** What `TransportModule.forRoot` takes: every value that has no default, and those that differ from it. */
export type TransportModuleOptions = Partial<Omit<TransportOptions, 'window'>> &
  Pick<TransportOptions, 'deviceId' | 'connectionName'> & { readonly window?: Partial<SendWindowOptions> };

export const TRANSPORT_OPTIONS = Symbol('TRANSPORT_OPTIONS');
export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<TransportModuleOptions>({
    optionsInjectionToken: TRANSPORT_OPTIONS,
  })
    .setClassMethodName('forRoot')
    .setExtras<{ extend?: Extension | undefined }>({ extend: {} }, (definition, { extend }) =>
      extendModule(definition, extend),
    )
    .build();
