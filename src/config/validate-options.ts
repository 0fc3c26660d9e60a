import type { FactoryProvider, InjectionToken, Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

/** Options that cannot be used; one line per mistake: the name, what it got, what it wants. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Turns plain values into an options class, with the class's defaults for what is left out.
 *
 * @param nameOf how to call a property towards whoever set it (an environment variable, a module option)
 * @throws OptionsError naming each wrong value
 */
export function validateOptions<T extends object>(
  options: Type<T>,
  values: object,
  nameOf: (property: string) => string = (property) => `${options.name}.${property}`,
): T {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const instance = plainToInstance(options, given, { exposeDefaultValues: true });
  const errors = validateSync(instance, { forbidUnknownValues: false, skipMissingProperties: false });
  const problems = errors.flatMap((error) => describe(error, nameOf));
  if (problems.length > 0) throw new OptionsError(problems);
  return instance;
}

/** Provides the options class of a room from the values its module was built with. */
export function optionsProvider<T extends object>(options: Type<T>, token: InjectionToken): FactoryProvider<T> {
  return { provide: options, inject: [token], useFactory: (values: object) => validateOptions(options, values) };
}

function describe(error: ValidationError, nameOf: (property: string) => string): string[] {
  const texts = Object.values(error.constraints ?? {}).map((text) => text.replace(error.property, '').trim());
  const wants = [...new Set(texts)];
  const nested = (error.children ?? []).flatMap((child) =>
    describe(child, (property) => `${nameOf(error.property)}.${property}`),
  );
  if (wants.length === 0) return nested;
  return [
    `${nameOf(error.property)} ${wants.join(', and ')}; got ${isSecret(error.property) ? 'a hidden value' : show(error.value)}.`,
    ...nested,
  ];
}

/** Options that hold secrets are named so; an error ends up in logs. */
function isSecret(property: string): boolean {
  return /(tokens?|secret|password)$/i.test(property);
}

/** Without users and passwords in addresses (`nats://user:password@host`). */
function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.replaceAll(/"([a-z]+:\/\/)?(?:[^"\\]|\\.)*@/gi, '"$1…@');
}
