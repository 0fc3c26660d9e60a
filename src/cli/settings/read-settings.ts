import type { Type } from '@nestjs/common';
import { OptionsError, validateOptions } from '../../config/index.js';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { defaultDataDir } from './data-dir.js';
import { envNameOf, flagOf, propertyOf, type CommandName, type Setting } from './setting.js';
import { SETTINGS } from './settings.table.js';

/** Settings that give a token. */
const TOKENS = ['token', 'tokenFile', 'tokenCommand'];

/** Where settings come from, strongest first. `.env` is part of the environment by then, behind the real one. */
export interface SettingSources {
  /** By property, as commander gives them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In place of a settings class's own defaults. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/**
 * The settings of a command.
 *
 * @throws CliError one line per mistake: the flag or variable as it was used, what it wants, what it got
 */
export function readSettings<T extends object>(command: CommandName, settings: Type<T>, sources: SettingSources): T {
  const mine = SETTINGS.filter(({ commands }) => commands.includes(command));
  const given = new Map(mine.map((setting) => [propertyOf(setting), read(setting, sources)] as const));
  const values: Record<string, unknown> = { dataDir: defaultDataDir(sources.env), ...sources.defaults };
  for (const [property, { value }] of given) if (value !== undefined) values[property] = value;
  takeLink(values);
  try {
    return validateOptions(settings, values, (property) => given.get(property)?.name ?? property);
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    throw new CliError(error.message, EXIT.USAGE, { cause: error });
  }
}

/** The console's link names a relay too: the token behind `#` is taken where no other is given, and shown nowhere. */
function takeLink(values: Record<string, unknown>): void {
  const { server } = values;
  if (typeof server !== 'string' || !URL.canParse(server)) return;
  const { hash } = new URL(server);
  if (hash === '') return;
  values['server'] = server.slice(0, server.indexOf('#')).replace(/\/$/, '');
  const isGiven = TOKENS.some((property) => values[property] !== undefined);
  const token = new URLSearchParams(hash.slice(1)).get('token');
  if (token !== null && !isGiven) values['token'] = token;
}

/** A value and the name it was set by. An empty variable counts as not set: that is how `.env` files leave things out. */
function read(setting: Setting, { flags, env }: SettingSources): { value: unknown; name: string } {
  const flag = flags[propertyOf(setting)];
  if (flag !== undefined) return { value: convert(setting, flag), name: `--${setting.name}` };
  const variable = env[envNameOf(setting)];
  if (variable === undefined || variable === '')
    return { value: undefined, name: `${flagOf(setting)} (${envNameOf(setting)})` };
  return { value: convert(setting, variable), name: envNameOf(setting) };
}

/** What cannot be converted stays as it is, for validation to name. */
function convert({ kind }: Setting, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (kind === 'integer') return /^\d+$/.test(value) ? Number(value) : value;
  if (kind === 'number') return /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (kind === 'list')
    return value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  if (kind === 'switch')
    return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value;
  return value;
}
