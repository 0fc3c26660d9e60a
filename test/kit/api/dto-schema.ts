import type { Type } from '@nestjs/common';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { DTO_TYPES, type DtoRule } from '../dto-fields.js';
import type { JsonSchema } from './type-schemas.js';

/** What class-validator and class-transformer know of a DTO, as a JSON Schema. Fields that no rule names pass. */
export function dtoSchema(dto: Type<object>): JsonSchema {
  const fields = dtoProperties(dto);
  const required = Object.keys(fields).filter((name) => isRequired(dto, name));
  return { type: 'object', properties: fields, ...(required.length > 0 && { required }) };
}

/** Of each of its fields. */
export function dtoProperties(dto: Type<object>): Record<string, JsonSchema> {
  const names = new Set(rulesOf(dto).map(({ propertyName }) => propertyName));
  return Object.fromEntries([...names].map((name) => [name, propertySchema(dto, name)]));
}

/** A field that has a default may be left out too. */
export function isRequired(dto: Type<object>, name: string): boolean {
  const isOptional = rulesOf(dto, name).some((rule) => rule.name === 'isOptional');
  return !isOptional && Reflect.get(new dto(), name) === undefined;
}

function rulesOf(dto: Type<object>, name?: string): readonly DtoRule[] {
  const rules: readonly DtoRule[] = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  return name === undefined ? rules : rules.filter(({ propertyName }) => propertyName === name);
}

function propertySchema(dto: Type<object>, name: string): JsonSchema {
  const rules = rulesOf(dto, name);
  const isList = rules.some((rule) => rule.name === 'isArray' || rule.each === true);
  const inner = { ...facts(rules.filter(({ each }) => isList === (each === true))), ...nestedSchema(dto, name) };
  const fallback: unknown = Reflect.get(new dto(), name);
  const outer = isList
    ? { type: 'array', ...facts(rules.filter(({ each }) => each !== true)), items: inner }
    : orNull(
        inner,
        rules.some((rule) => rule.name === 'isOptional'),
      );
  return fallback === undefined ? outer : { ...outer, default: fallback };
}

/** What may be left out may be null, which counts as left out. */
function orNull(schema: JsonSchema, isOptional: boolean): JsonSchema {
  const { type, enum: values } = schema;
  if (!isOptional) return schema;
  if (Array.isArray(values)) return { ...schema, enum: [...(values as unknown[]), null] };
  return typeof type === 'string' ? { ...schema, type: [type, 'null'] } : schema;
}

function nestedSchema(dto: Type<object>, name: string): JsonSchema {
  const nested = defaultMetadataStorage.findTypeMetadata(dto, name);
  if (!nested) return {};
  const { discriminator } = nested.options;
  if (discriminator)
    return {
      oneOf: discriminator.subTypes.map(({ name: value, value: shape }) => {
        const { properties, ...rest } = dtoSchema(shape as Type<object>) as { properties: object };
        return { ...rest, properties: { ...properties, [discriminator.property]: { const: value } } };
      }),
    };
  const type = nested.typeFunction() as Type<object>;
  return rulesOf(type).length > 0 ? dtoSchema(type) : {};
}

function facts(rules: readonly DtoRule[]): JsonSchema {
  return Object.assign({}, ...rules.map(fact)) as JsonSchema;
}

function fact({ name = '', constraints: [limit] = [] }: DtoRule): JsonSchema {
  const type = DTO_TYPES[name];
  if (type !== undefined) return { type };
  switch (name) {
    case 'isIn':
      return { enum: limit };
    case 'isNotEmpty':
      return { minLength: 1 };
    case 'arrayNotEmpty':
      return { minItems: 1 };
    case 'min':
      return { minimum: limit };
    case 'max':
      return { maximum: limit };
    case 'minLength':
      return { minLength: limit };
    case 'maxLength':
    case 'isLength':
      return { maxLength: limit };
    case 'arrayMinSize':
      return { minItems: limit };
    case 'arrayMaxSize':
      return { maxItems: limit };
    case 'matches':
      return limit instanceof RegExp ? { pattern: limit.source } : {};
    default:
      return {};
  }
}
