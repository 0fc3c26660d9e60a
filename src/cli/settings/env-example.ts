import { COMMANDS, envNameOf, type Setting } from './setting.js';
import { SETTINGS } from './settings.table.js';

/** The text of `.env.example`; `npx vitest run src/cli -u` writes it anew. */
export function envExample(): string {
  const head = [
    '# Settings of twinlane. Copy to .env in the directory it is started from, and uncomment what you change.',
    '# A flag wins over a variable of the environment, that one over .env. --foo-bar is TWINLANE_FOO_BAR.',
  ];
  return `${[head.join('\n'), ...SETTINGS.map(entry)].join('\n\n')}\n`;
}

function entry(setting: Setting): string {
  const lines = [`# ${capitalized(setting.help)}.`];
  if (setting.default !== undefined) lines.push(`# Default: ${setting.default}.`);
  const scope = setting.commands.length === COMMANDS.length ? 'all commands' : setting.commands.join(', ');
  lines.push(`# For: ${scope}.`, `#${envNameOf(setting)}=`);
  return lines.join('\n');
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
