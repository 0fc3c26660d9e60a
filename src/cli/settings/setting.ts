export const COMMANDS = [
  'start',
  'relay',
  'listen',
  'attach',
  'environments',
  'tokens',
  'organizations',
  'nodes',
  'audit',
  'health',
  'doctor',
] as const;
export type CommandName = (typeof COMMANDS)[number];

/** Commands that run a role until they are stopped; those with a relay in them, those with a listener, and those that ask a relay. */
export const ROLES = ['start', 'relay', 'listen'] as const;
export const RELAY = ['start', 'relay'] as const;
export const LISTENER = ['start', 'listen'] as const;
export const CLIENTS = ['attach', 'environments', 'tokens', 'organizations', 'nodes', 'audit', 'doctor'] as const;

/** One option of the program: as a flag, as an environment variable, and in `.env`. */
export interface Setting {
  /** Without dashes in front: `data-dir` is `--data-dir` and `TWINLANE_DATA_DIR`. */
  readonly name: string;
  /** How values are read: `list` at commas, `switch` takes none on the command line. */
  readonly kind: 'text' | 'integer' | 'number' | 'list' | 'switch';
  /** What stands for the value in help, for instance `<number>`; switches have none. */
  readonly value?: string;
  readonly help: string;
  /** The default in words, for help and `.env.example`. */
  readonly default?: string;
  readonly commands: readonly CommandName[];
  /** Its value is never shown. */
  readonly secret?: true;
}

/** `--foo-bar` is `TWINLANE_FOO_BAR`, without exception. */
export function envNameOf({ name }: Pick<Setting, 'name'>): string {
  return `TWINLANE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** The property that holds it: `fooBar`. */
export function propertyOf({ name }: Pick<Setting, 'name'>): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** As on the command line: `--port <number>`. */
export function flagOf({ name, value }: Pick<Setting, 'name' | 'value'>): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}
