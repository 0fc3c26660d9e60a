import type { Type } from '@nestjs/common';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import type { DiscriminatorDescriptor } from 'class-transformer';
import { getMetadataStorage } from 'class-validator';

/** One field of a command, as documents show it. */
export interface DtoField {
  /** From the command down: `payload.messages[].role`. */
  readonly path: string;
  readonly isOptional: boolean;
  readonly type: string;
  /** What else its value has to be. */
  readonly wants: string;
  /** Where a field comes in several shapes, the one this one belongs to. */
  readonly shape: string | undefined;
}

/** What a decorator of class-validator says of a field. */
export interface DtoRule {
  readonly type: string;
  readonly name?: string;
  readonly propertyName: string;
  readonly constraints?: readonly unknown[];
  readonly each?: boolean;
}

/** Types by the decorator that wants them, as JSON Schema calls them. */
export const DTO_TYPES: Readonly<Record<string, string>> = {
  isString: 'string',
  isInt: 'integer',
  isNumber: 'number',
  isBoolean: 'boolean',
  isObject: 'object',
  isArray: 'array',
};

/** What class-validator and class-transformer know of a DTO, nested fields after the one that holds them. */
export function dtoFields(dto: Type<object>, prefix = '', shape?: string): DtoField[] {
  const rules: readonly DtoRule[] = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
  const names = [...new Set(rules.map(({ propertyName }) => propertyName))];
  return names.flatMap((name) => {
    const mine = rules.filter(({ propertyName }) => propertyName === name);
    const isList = mine.some((rule) => rule.name === 'isArray');
    const path = `${prefix}${name}`;
    const field: DtoField = {
      path,
      isOptional: mine.some((rule) => rule.name === 'isOptional'),
      type: typeOf(mine),
      wants: mine.flatMap(wanted).join(', '),
      shape,
    };
    return [field, ...nestedFields(dto, name, `${path}${isList ? '[]' : ''}.`)];
  });
}

function nestedFields(dto: Type<object>, name: string, prefix: string): DtoField[] {
  const nested = defaultMetadataStorage.findTypeMetadata(dto, name);
  if (!nested) return [];
  const { discriminator } = nested.options;
  if (discriminator) return discriminatedFields(discriminator, prefix);
  return dtoFields(nested.typeFunction() as Type<object>, prefix);
}

/** The field that says which shape it is, then the fields of each. */
function discriminatedFields({ property, subTypes }: DiscriminatorDescriptor, prefix: string): DtoField[] {
  const path = `${prefix}${property}`;
  const type = subTypes.map(({ name }) => JSON.stringify(name)).join(' | ');
  const shapes = subTypes.flatMap(({ name, value }) =>
    dtoFields(value as Type<object>, prefix, `${property}: ${name}`).filter((field) => field.path !== path),
  );
  return [{ path, isOptional: false, type, wants: '', shape: undefined }, ...shapes];
}

function typeOf(rules: readonly DtoRule[]): string {
  const oneOf = rules.find(({ name }) => name === 'isIn')?.constraints?.[0];
  if (Array.isArray(oneOf)) return oneOf.map((value) => JSON.stringify(value)).join(' | ');
  const of = (each: boolean) =>
    rules.find((rule) => (rule.each ?? false) === each && (rule.name ?? '') in DTO_TYPES)?.name ?? '';
  const whole = DTO_TYPES[of(false)] ?? 'any';
  const items = DTO_TYPES[of(true)];
  return items === undefined ? whole : `${whole} of ${items}`;
}

function wanted({ name, constraints: [limit] = [] }: DtoRule): string[] {
  switch (name) {
    case 'isNotEmpty':
    case 'arrayNotEmpty':
      return ['not empty'];
    case 'min':
    case 'arrayMinSize':
    case 'minLength':
      return [`at least ${String(limit)}${name === 'minLength' ? ' characters' : ''}`];
    case 'max':
    case 'arrayMaxSize':
    case 'maxLength':
      return [`at most ${String(limit)}${name === 'maxLength' ? ' characters' : ''}`];
    case 'matches':
      return [`like \`${String(limit)}\``];
    default:
      return [];
  }
}
