import type { FactoryProvider } from '@nestjs/common';
import { DEFAULT_TYPE_MAP, readTypeMap, type TypeMap, TypeMapError } from '../protocol/index.js';
import { readFileSync } from 'node:fs';
import { EmitterOptions } from './emitter.options.js';

/** Injects the `TypeMap`: which channel each frame type travels on. @publicApi */
export const PROTOCOL_TYPE_MAP = Symbol('PROTOCOL_TYPE_MAP');

/** Defaults, then module options, then the JSON file; checked at start. */
export const typeMapProvider: FactoryProvider<TypeMap> = {
  provide: PROTOCOL_TYPE_MAP,
  inject: [EmitterOptions],
  useFactory: ({ typeMap = {}, typeMapFile }: EmitterOptions): TypeMap => ({
    ...DEFAULT_TYPE_MAP,
    ...readTypeMap(typeMap, 'the option typeMap'),
    ...(typeMapFile ? readTypeMapFile(typeMapFile) : {}),
  }),
};

/** @throws TypeMapError when the file cannot be read, is no JSON, or holds something other than routes */
function readTypeMapFile(file: string): TypeMap {
  const source = `The type map ${file} (TWINLANE_TYPE_MAP)`;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new TypeMapError(`${source} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  return readTypeMap(value, source);
}
