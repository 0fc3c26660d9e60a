import { ConfigurableModuleBuilder } from '@nestjs/common';
import { type Extension, extendModule } from '../config/index.js';
import type { EmitterOptions, JournalOptions } from './emitter.options.js';

export type EmitterModuleOptions = Partial<Omit<EmitterOptions, 'journal'>> & {
  readonly journal?: Partial<JournalOptions>;
};

export const EMITTER_OPTIONS = Symbol('EMITTER_OPTIONS');
export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<EmitterModuleOptions>({
    optionsInjectionToken: EMITTER_OPTIONS,
  })
    .setClassMethodName('forRoot')
    .setExtras<{ extend?: Extension | undefined }>({ extend: {} }, (definition, { extend }) =>
      extendModule(definition, extend),
    )
    .build();
