import type { DynamicModule, ModuleMetadata, Provider } from '@nestjs/common';

/**
 * What an application adds to, or replaces in, one room. Later providers win, so a token of ours given here replaces
 * ours; declaring it in the importing module would do nothing, and no error would say so.
 *
 * @publicApi
 */
export interface Extension {
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  readonly providers?: Provider[];
}

/** Appends an extension to a module definition; for `ConfigurableModuleBuilder.setExtras`. */
export function extendModule(definition: DynamicModule, extend: Extension | undefined): DynamicModule {
  return {
    ...definition,
    imports: [...(definition.imports ?? []), ...(extend?.imports ?? [])],
    providers: [...(definition.providers ?? []), ...(extend?.providers ?? [])],
  };
}
