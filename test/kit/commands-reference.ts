import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { commandProviders, terminalProviders } from '../../src/commands/index.js';
import { type DeviceCommandMetadata, DeviceCommandType } from '../../src/commands/device-command.decorator.js';
import { answerTypeOf, ERROR_CODES, isAnswered } from '../../src/protocol/index.js';
import { type DtoField, dtoFields } from './dto-fields.js';

const HEAD = `# Commands

<!-- Generated from the handlers and their DTOs in src/commands: \`npx vitest run src/cli -u\` writes this file anew. -->

What a client may send to a device, and what its fields have to be. Fields that are not named here pass, and mean nothing. \`?\` marks a field that
may be left out; \`null\` counts as left out. What the answers hold is in [protocol.md](protocol.md), section 3.

Every command with a \`request_id\` is answered once: with \`success: true\`, or with \`success: false\`, \`error\` (what to do) and \`error_code\`. Any
of them may fail with \`COMMAND_INVALID\` (a field is missing or wrong, and named), \`COMMAND_TIMEOUT\` and \`COMMAND_FAILED\`; the errors below are
those of a command's own. All codes: [errors.md](errors.md).

"Does" is what the permission mode is asked about before the command runs: [permissions.md](permissions.md). Where it says nothing, the command is about
conversations, and always allowed. Any command that writes or executes may name a conversation in \`runtime\`: then the mode of that one counts, else the
device's. Such commands of one conversation begin in the order they came; none waits until an earlier one has ended.`;

/** Fields that name a path of the workspace. */
const PATH_FIELD = /(^|\.)(path|file_path|cwd)$/;

const TITLES: Readonly<Record<string, string>> = {
  runtime: 'Conversations',
  device: 'The device',
  filesystem: 'Files',
  search: 'Search',
  git: 'Git',
  terminal: 'Terminals',
};

interface Documented {
  readonly metadata: DeviceCommandMetadata;
  readonly folder: string;
  /** The comment of the handler's class. */
  readonly about: string;
  /** Codes that the handler's source names. */
  readonly codes: readonly string[];
}

/**
 * The text of `docs/commands.md`.
 *
 * @param folder `src/commands`
 */
export function commandsReference(folder: string): string {
  const sources = sourcesIn(folder);
  const commands = [...commandProviders, ...terminalProviders].flatMap((provider) => {
    if (typeof provider !== 'function') return [];
    const metadata = Reflect.getMetadata(DeviceCommandType.KEY, provider) as DeviceCommandMetadata | undefined;
    return metadata ? [documented(metadata, sources)] : [];
  });
  const folders = [...new Set(commands.map((command) => command.folder))];
  const parts = folders.map((name) => {
    const mine = commands.filter((command) => command.folder === name);
    return `## ${TITLES[name] ?? name}\n\n${mine.map(section).join('\n\n')}`;
  });
  return `${[HEAD, ...parts].join('\n\n')}\n`;
}

function sourcesIn(folder: string): readonly (readonly [folder: string, text: string])[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.commands?\.ts$/.test(file))
    .map((file) => [path.dirname(file), readFileSync(path.join(folder, file), 'utf8')] as const);
}

function documented(metadata: DeviceCommandMetadata, sources: ReturnType<typeof sourcesIn>): Documented {
  const decorator = `@DeviceCommand('${metadata.type}'`;
  const [folder, text] = sources.find(([, source]) => source.includes(decorator)) ?? ['', ''];
  const at = text.indexOf(decorator);
  const before = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*$/.exec(text.slice(0, at))?.[1] ?? '';
  const next = text.indexOf('@DeviceCommand(', at + 1);
  const body = `${before}${text.slice(at, next < 0 ? undefined : next)}`;
  return {
    metadata,
    folder,
    about: before
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/, '').trim())
      .join(' ')
      .trim(),
    codes: Object.keys(ERROR_CODES).filter((code) => new RegExp(`['\`]${code}['\`]`).test(body)),
  };
}

function section({ metadata, about, codes }: Documented): string {
  const fields = dtoFields(metadata.dto);
  const errors = [
    ...(metadata.access === undefined || metadata.access === 'read' ? [] : ['ACCESS_REFUSED']),
    ...(fields.some((field) => PATH_FIELD.test(field.path)) ? ['PATH_REFUSED', 'PATH_DENIED'] : []),
    ...codes.filter((code) => !COMMON.has(code)),
  ];
  const facts = [
    isAnswered(metadata.type) ? `Answer: \`${answerTypeOf(metadata.type)}\`.` : 'It is not answered.',
    ...(metadata.access === undefined ? [] : [`Does: ${metadata.access}.`]),
    ...(errors.length === 0 ? [] : [`Errors: ${[...new Set(errors)].map((code) => `\`${code}\``).join(', ')}.`]),
  ];
  return [`### ${metadata.type}`, about, facts.join(' '), ...(fields.length === 0 ? [] : [fieldTable(fields)])]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Codes that every command may answer. */
const COMMON: ReadonlySet<string> = new Set(['COMMAND_INVALID', 'COMMAND_FAILED', 'COMMAND_TIMEOUT']);

function fieldTable(fields: readonly DtoField[]): string {
  const rows = fields.map(({ path: name, isOptional, type, wants, shape }) => {
    const where = shape === undefined ? '' : `with \`${shape}\``;
    const more = [wants, where].filter((part) => part !== '').join('; ');
    return `| \`${name}${isOptional ? '?' : ''}\` | ${type.replaceAll('|', String.raw`\|`)} | ${more} |`;
  });
  return ['| field | type | |', '|---|---|---|', ...rows].join('\n');
}
