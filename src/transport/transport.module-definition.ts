import { ConfigurableModuleBuilder } from '@nestjs/common';
import { type Extension, extendModule } from '../config/index.js';
import type { TransportOptions } from './transport.options.js';

export type TransportModuleOptions = Partial<TransportOptions> & Pick<TransportOptions, 'deviceId' | 'connectionName'>;

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
