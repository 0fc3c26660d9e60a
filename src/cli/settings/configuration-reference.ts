import { COMMANDS, envNameOf, flagOf, type Setting } from './setting.js';
import { SETTINGS } from './settings.table.js';

const HEAD = `# Configuration

Every option is a flag and an environment variable, \`--foo-bar\` is \`TWINLANE_FOO_BAR\` without exception, and may stand in a file
\`.env\` in the directory that \`twinlane\` is started from. A flag wins over a variable of the environment, that one over \`.env\`; an
empty variable counts as not set. A value that cannot be used stops the command with exit code 2 and a line that names it.

Programs that import \`twinlane\` configure modules instead; see [extending.md](extending.md).

<!-- Generated from src/cli/settings/settings.table.ts: \`npx vitest run src/cli -u\` writes this file anew. -->`;

/** The text of `docs/configuration.md`. */
export function configurationReference(): string {
  return `${[HEAD, ...COMMANDS.map(section)].join('\n\n')}\n`;
}

function section(command: (typeof COMMANDS)[number]): string {
  const rows = SETTINGS.filter(({ commands }) => commands.includes(command)).map(row);
  return [
    `## twinlane ${command}`,
    '',
    '| flag | variable | what it does | default |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function row(setting: Setting): string {
  const cells = [`\`${flagOf(setting)}\``, `\`${envNameOf(setting)}\``, setting.help, setting.default ?? ''];
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}
