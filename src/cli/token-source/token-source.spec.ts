import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Captured, temporaryDirectory } from '../../../test/kit/cli.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { CliError } from '../cli.error.js';
import { expiryOf } from './jwt-expiry.js';
import { KeptTokens, tokenSourceOf, type CliTokenSource, type TokenSettings } from './token-source.js';

let directory: { path: string; remove(): Promise<void> };
let stderr: Captured;
beforeEach(async () => {
  directory = await temporaryDirectory();
  stderr = new Captured();
});
afterEach(() => directory.remove());

function source(settings: TokenSettings, clock?: ManualClock): CliTokenSource {
  const { PATH } = process.env;
  const io = { env: { PATH }, cwd: directory.path, stderr, ...(clock ? { clock } : {}) };
  const made = tokenSourceOf(settings, io);
  if (!made) throw new Error('no token is set');
  return made;
}

const inFile = async (text: string): Promise<string> => {
  const file = path.join(directory.path, 'token');
  await writeFile(file, text);
  return file;
};

/** What a provider would sign. */
function jwt(payload: object): string {
  return ['{}', JSON.stringify(payload), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.');
}

it('takes one of three', () => {
  expect(() => source({ token: 'a', tokenFile: 'b' })).toThrow(/leave out the others/);
  expect(() => source({ tokenFile: 'a', tokenCommand: 'b' })).toThrow(CliError);
});

describe('a token file', () => {
  it('is read each time', async () => {
    const { token, freshToken } = source({ tokenFile: await inFile('first\n') });
    expect(await token()).toBe('first');
    await inFile('  second\n\n');
    expect([await token(), await freshToken()]).toEqual(['second', 'second']);
  });

  it.each(['', '\n', 'two tokens', 'one\ntwo\n'])(
    'that holds %j is refused, and what it holds is told to nobody',
    async (text) => {
      const error: unknown = await source({ tokenFile: await inFile(text) })
        .token()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        name: 'CliError',
        exitCode: 2,
        message: expect.stringContaining('does not hold one'),
      });
      expect(String(error)).not.toMatch(/two/);
    },
  );

  it('that cannot be read says which option names it', async () => {
    await expect(source({ tokenFile: path.join(directory.path, 'none') }).token()).rejects.toThrow(
      /cannot be read \(ENOENT\).*--token-file/,
    );
  });
});

describe('a token command', () => {
  it('is run by a shell, and its standard error is shown', async () => {
    const command = source({ tokenCommand: 'echo "sign \u001b[2Jin" >&2; echo a-token | tr a b' });
    expect(await command.token()).toBe('b-token');
    expect(stderr.text).toBe('sign \\u{1b}[2Jin\n');
  });

  it.each([
    ['exit 3', /ended with exit code 3/],
    ['kill -9 $$', /ended with SIGKILL/],
    ['echo secret token', /does not print one token/],
    ['true', /does not print one token/],
    ['yes secret', /printed more than a token/],
  ])('that does not work is an error without what it printed: %s', async (tokenCommand, says) => {
    const error: unknown = await source({ tokenCommand })
      .token()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'CliError', exitCode: 1, message: expect.stringMatching(says) });
    expect(String(error)).not.toContain('secret');
  });

  it('has a minute, and ends with what it has started', async () => {
    const clock = new ManualClock();
    const late = source({ tokenCommand: 'echo started >&2; (sleep 600; echo a) | cat' }, clock).token();
    const refusal = late.catch((error: unknown) => error);
    await stderr.shows('started');
    await clock.advance(60_000);
    expect(await refusal).toMatchObject({ message: expect.stringContaining('did not end within 60 s') });
  });
});

describe('what a command printed', () => {
  function kept(clock: ManualClock, give: (time: number) => string): KeptTokens {
    let time = 0;
    return new KeptTokens(clock, async () => give(time++));
  }

  it('is used until its expiry comes near, and not when a fresh one is asked for', async () => {
    const clock = new ManualClock();
    const source = kept(clock, (time) => jwt({ time, exp: clock.now() / 1_000 + 600 }));
    const first = await source.token();
    await clock.advance(400_000);
    expect(await source.token()).toBe(first);
    await clock.advance(30_000);
    const second = await source.token();
    expect(second).not.toBe(first);
    const third = await source.freshToken();
    expect(third).not.toBe(second);
    expect(await source.token()).toBe(third);
  });

  it('is asked for anew where it has hardly any life left, and half a minute later where it does not say', async () => {
    const clock = new ManualClock();
    const dying = kept(clock, (time) => jwt({ time, exp: clock.now() / 1_000 + 60 }));
    expect(await dying.token()).not.toBe(await dying.token());
    const opaque = kept(clock, (time) => `token-${time}`);
    expect([await opaque.token(), await opaque.token()]).toEqual(['token-0', 'token-0']);
    await clock.advance(30_000);
    expect(await opaque.token()).toBe('token-1');
  });

  it('is for all who ask meanwhile', async () => {
    const source = kept(new ManualClock(), (time) => `token-${time}`);
    expect(await Promise.all([source.token(), source.freshToken(), source.token()])).toEqual(
      Array.from({ length: 3 }, () => 'token-0'),
    );
  });
});

it('reads when a JSON Web Token expires, and nothing from other tokens', () => {
  expect(expiryOf(jwt({ exp: 1_795_525_200 }))).toBe(1_795_525_200_000);
  for (const other of ['tl_abc', 'a.b.c', 'a.b', jwt({}), jwt({ exp: 'soon' })])
    expect(expiryOf(other)).toBeUndefined();
});
