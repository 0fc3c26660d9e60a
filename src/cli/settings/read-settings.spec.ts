import { expect, it } from 'vitest';
import { MAX_FRAME_BYTES_RANGE } from '../../protocol/index.js';
import { CliError } from '../cli.error.js';
import { AttachSettings, EnvironmentsSettings } from './client.settings.js';
import { defaultDataDir } from './data-dir.js';
import { ListenSettings } from './listen.settings.js';
import { readSettings, type SettingSources } from './read-settings.js';
import { RelaySettings } from './relay.settings.js';

function relay(flags: SettingSources['flags'] = {}, env: SettingSources['env'] = {}): RelaySettings {
  return readSettings('relay', RelaySettings, { flags, env });
}
function mistakes(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof CliError && error.exitCode === 2) return error.message.split('\n');
    throw error;
  }
  return [];
}

it('has defaults for everything', () => {
  expect(relay({}, { XDG_DATA_HOME: '/data/home' })).toMatchObject({
    host: '127.0.0.1',
    port: 7400,
    dataDir: '/data/home/twinlane',
    allowedOrigins: [],
    clientChannels: 'split',
    logLevel: 'info',
  });
});

it('prefers a flag to a variable, and a variable to the default', () => {
  const env = { TWINLANE_PORT: '7500', TWINLANE_HOST: '::1' };
  expect(relay({ port: '7600' }, env)).toMatchObject({ port: 7600, host: '::1' });
  expect(readSettings('start', RelaySettings, { flags: {}, env: {}, defaults: { logLevel: 'warn' } }).logLevel).toBe(
    'warn',
  );
});

it('takes an empty variable for none', () => {
  expect(relay({}, { TWINLANE_PORT: '', TWINLANE_TOKEN: '' })).toMatchObject({ port: 7400 });
});

it('reads lists and switches', () => {
  expect(
    relay({}, { TWINLANE_ALLOWED_ORIGINS: 'https://a.example.org, http://localhost:5173' }).allowedOrigins,
  ).toEqual(['https://a.example.org', 'http://localhost:5173']);
  const json = (value: string) =>
    readSettings('environments', EnvironmentsSettings, { flags: {}, env: { TWINLANE_JSON: value } }).json;
  expect([json('true'), json('0')]).toEqual([true, false]);
  expect(mistakes(() => json('maybe'))).toEqual(['TWINLANE_JSON must be true or false; got "maybe".']);
});

it('names the variable or flag that was used, what it wants and what it got', () => {
  expect(
    mistakes(() => relay({ port: '70000' }, { TWINLANE_CLIENT_CHANNELS: 'both', TWINLANE_PUBLIC_URL: 'relay' })),
  ).toEqual([
    '--port must be a port from 0 to 65535; got 70000.',
    'TWINLANE_PUBLIC_URL must be an http or https URL, like http://127.0.0.1:7400; got "relay".',
    'TWINLANE_CLIENT_CHANNELS must be one of the following values: split, mirror; got "both".',
  ]);
  expect(mistakes(() => relay({}, { TWINLANE_PORT: 'abc' }))).toEqual([
    'TWINLANE_PORT must be a port from 0 to 65535; got "abc".',
  ]);
  expect(mistakes(() => readSettings('listen', ListenSettings, { flags: { mode: 'yolo' }, env: {} }))).toEqual([
    '--mode must be one of the following values: unrestricted, acceptEdits, standard, strict; got "yolo".',
  ]);
});

it('takes as the largest message what the relay takes', () => {
  const { least, most } = MAX_FRAME_BYTES_RANGE;
  for (const bytes of [least, most]) expect(relay({ maxFrameBytes: String(bytes) }).maxFrameBytes).toBe(bytes);
  for (const bytes of [least - 1, most + 1])
    expect(mistakes(() => relay({ maxFrameBytes: String(bytes) }))).toEqual([
      `--max-frame-bytes must be a number of bytes from ${least} to ${most}; got ${bytes}.`,
    ]);
});

it('never shows a token', () => {
  const said = mistakes(() => relay({}, { TWINLANE_TOKEN: 'too-short' })).join('\n');
  expect(said).toContain('TWINLANE_TOKEN must have at least 16 characters');
  expect(said).not.toContain('too-short');
});

it('leaves out what belongs to other commands', () => {
  const settings = readSettings('attach', AttachSettings, {
    flags: {},
    env: { TWINLANE_PORT: 'nonsense', TWINLANE_APPROVE: 'never' },
  });
  expect(settings).toMatchObject({ approve: 'never' });
  expect(settings).not.toHaveProperty('port');
});

it('keeps data in the home directory, unless a usable XDG_DATA_HOME says otherwise', () => {
  expect(defaultDataDir({})).toMatch(/\/\.local\/share\/twinlane$/);
  expect(defaultDataDir({ XDG_DATA_HOME: 'relative' })).toMatch(/\/\.local\/share\/twinlane$/);
});

it('takes the console’s link for the relay’s address and its token, unless another one is given', () => {
  const link = 'http://relay.example/lane/#token=ey.a-b_c';
  const read = (flags: object) =>
    readSettings('listen', ListenSettings, { flags: { server: link, ...flags }, env: {} });
  expect(read({})).toMatchObject({ server: 'http://relay.example/lane', token: 'ey.a-b_c' });
  expect(read({ token: 'mine' })).toMatchObject({ server: 'http://relay.example/lane', token: 'mine' });
  expect(read({ tokenFile: '/t' }).token).toBeUndefined();
  expect(read({ server: 'http://relay.example/#%' }).server).toBe('http://relay.example');
});
