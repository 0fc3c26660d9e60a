import { parseArgs } from 'node:util';

/**
 * Reads a bench's options; where they cannot be understood it says which there are, and ends.
 *
 * @param defaults by name; a number's option must be one too
 */
export function readOptions(defaults) {
  const names = Object.entries(defaults);
  try {
    const { values } = parseArgs({
      options: Object.fromEntries(
        names.map(([name, value]) => [name, { type: typeof value === 'boolean' ? 'boolean' : 'string' }]),
      ),
    });
    return Object.fromEntries(names.map(([name, value]) => [camel(name), read(name, values[name], value)]));
  } catch (error) {
    process.stderr.write(
      `${error.message}\nOptions: ${names.map(([name, value]) => `--${name} ${value}`).join(' ')}\n`,
    );
    process.exit(2);
  }
}

function read(name, given, fallback) {
  if (given === undefined || typeof fallback !== 'number') return given ?? fallback;
  const number = Number(given);
  if (given === '' || !(number >= 0))
    throw new Error(`--${name} must be a number that is not negative, not "${given}".`);
  return number;
}

function camel(name) {
  return name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
}
