import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { CliRun } from '../../test/kit/cli.js';
import { AttachSettings, EnvironmentsSettings } from './settings/client.settings.js';
import { ListenSettings } from './settings/listen.settings.js';
import { RelaySettings } from './settings/relay.settings.js';
import { COMMANDS, envNameOf, flagOf, propertyOf } from './settings/setting.js';
import { SETTINGS } from './settings/settings.table.js';
import { version } from './version.js';

const words = (text: string): string => text.replace(/\s+/g, ' ');

it.each(COMMANDS)('%s --help shows exactly the settings of the table', async (name) => {
  const run = new CliRun([name, '--help']);
  expect(await run.exit).toBe(0);
  const help = words(run.out);
  const shown = [...run.out.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag);
  const mine = SETTINGS.filter(({ commands }) => commands.includes(name));
  expect(new Set(shown)).toEqual(new Set(mine.map((setting) => `--${setting.name}`)));
  for (const setting of mine) {
    expect(help).toContain(words(`${flagOf(setting)} ${setting.help} (${envNameOf(setting)}`));
    if (setting.default !== undefined) expect(help).toContain(words(`default: ${setting.default})`));
  }
});

it.each([
  ['relay', RelaySettings],
  ['listen', ListenSettings],
  ['attach', AttachSettings],
  ['environments', EnvironmentsSettings],
] as const)('%s validates every setting it has', async (name, settings) => {
  const { getMetadataStorage } = await import('class-validator');
  const validated = getMetadataStorage().getTargetValidationMetadatas(settings, '', false, false);
  const properties = new Set(validated.map(({ propertyName }) => propertyName));
  const mine = SETTINGS.filter(({ commands }) => commands.includes(name)).map(propertyOf);
  expect(properties).toEqual(new Set(mine));
});

it('prints its version', async () => {
  const run = new CliRun(['--version']);
  expect(await run.exit).toBe(0);
  expect(run.out).toBe(`${version()}\n`);
});

it.each(COMMANDS)('%s --help that nobody reads is no failure', async (name) => {
  const gone = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  });
  const run = new CliRun([name, '--help'], { stdout: gone });
  expect(await run.exit).toBe(0);
  expect(run.stderr.text).toBe('');
});

it('says what commands there are', async () => {
  const run = new CliRun(['--help']);
  expect(await run.exit).toBe(0);
  for (const name of COMMANDS) expect(run.out).toContain(`  ${name} `);
});

it('exits 2 for what it does not know, with a hint', async () => {
  const run = new CliRun(['atach']);
  expect(await run.exit).toBe(2);
  expect(run.stderr.text).toContain("unknown command 'atach'");
  expect(run.stderr.text).toContain('Did you mean attach?');
  const nothing = new CliRun([]);
  expect(await nothing.exit).toBe(2);
  expect(nothing.stderr.text).toContain('Usage: twinlane');
});
