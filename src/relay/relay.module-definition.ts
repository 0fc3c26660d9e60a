import { ConfigurableModuleBuilder } from '@nestjs/common';
import { extendModule, type Extension } from '../config/index.js';
import type { RelayModuleOptions } from './relay.options.js';

/** What an application adds to the relay, or replaces in it. */
export interface RelayExtensions {
  readonly extend?: { readonly relay?: Extension };
}

/** The values as given; providers inject the validated `RelayOptions` instead. */
export const RELAY_OPTIONS = Symbol('RELAY_OPTIONS');

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<RelayModuleOptions>({
  optionsInjectionToken: RELAY_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setExtras<RelayExtensions>({ extend: {} }, (definition, { extend }) => ({
    ...extendModule(definition, extend?.relay),
    global: true,
  }))
  .build();
