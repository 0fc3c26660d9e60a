import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CliRun } from '../../../test/kit/cli.js';
import { startRelay, TOKEN, urlOf } from '../../../test/kit/twinlane.js';
import { TokenStore } from '../../relay/index.js';

let relay: NestExpressApplication;
beforeEach(async () => {
  relay = await startRelay();
});
afterEach(() => relay.close());

async function twinlane(args: readonly string[], token = TOKEN) {
  const run = new CliRun([...args], { env: { TWINLANE_SERVER: urlOf(relay), TWINLANE_TOKEN: token } });
  return { code: await run.exit, out: run.out, err: run.stderr.text };
}

it('makes a token, which stands alone on standard output, lists it, and revokes it', async () => {
  const made = await twinlane([
    'tokens',
    'create',
    'build',
    '--role',
    'device',
    '--environments',
    'ci-*',
    '--expires',
    '90d',
  ]);
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^tl_[\w-]{43}\n$/) });
  expect(made.err).toMatch(
    /^Token tok-[0-9a-f]{16} for build: device of environments named ci-\*, organisation default, expires /,
  );
  const listed = await twinlane(['tokens', 'list']);
  expect(listed.out).toMatch(/^ID +NAME +ROLE .*\ntok-\w+ +build +device +default +ci-\* +- +active +\d{4}-/);
  expect(listed.out).not.toContain('tl_');
  const [, id = ''] = /(tok-\w+)/.exec(listed.out) ?? [];
  expect(await twinlane(['tokens', 'revoke', id])).toMatchObject({
    code: 0,
    out: expect.stringContaining(`Revoked ${id}`),
  });
  expect((await twinlane(['tokens', 'list'])).out).toContain('revoked');
  expect(await twinlane(['environments'], made.out.trim())).toMatchObject({
    code: 77,
    err: expect.stringContaining('revoked'),
  });
});

it('prints JSON', async () => {
  const made = await twinlane(['tokens', 'create', 'ada', '--may-approve', '--json']);
  expect(JSON.parse(made.out)).toMatchObject({ name: 'ada', role: 'client', mayApprove: true, environments: ['*'] });
  expect(JSON.parse((await twinlane(['tokens', 'list', '--json'])).out)).toMatchObject([
    { name: 'ada', state: 'active' },
  ]);
});

it('makes, lists and deletes organisations', async () => {
  expect((await twinlane(['organizations', 'create', 'acme', 'Acme Inc.'])).out).toContain('--organization acme');
  await twinlane(['tokens', 'create', 'boss', '--role', 'admin', '--organization', 'acme']);
  expect((await twinlane(['organizations', 'list'])).out).toMatch(/\nacme +Acme Inc\. +\d{4}/);
  expect((await twinlane(['organizations', 'delete', 'acme'])).out).toBe(
    'Deleted acme: 1 token revoked, 0 environments gone.\n',
  );
});

it.each([
  [['tokens'], 2, 'needs to be told what to do: create <name>, list, revoke <id>'],
  [['tokens', 'make', 'x'], 2, 'needs to be told what to do'],
  [['tokens', 'create'], 2, 'Write it like this: twinlane tokens create <name>'],
  [['tokens', 'create', 'x', '--expires', 'soon'], 2, '--expires must be a duration like 30m, 12h or 90d'],
  [['tokens', 'create', 'x', '--role', 'king'], 2, '--role'],
  [['tokens', 'create', 'x', '--role', 'admin', '--may-approve'], 2, 'An admin has no scopes'],
  [['tokens', 'create', 'x', '--organization', 'nowhere'], 2, 'No such organisation'],
  [['tokens', 'revoke', 'tok-nothing'], 2, 'No such token'],
  [['organizations', 'create', 'Not An Id'], 2, 'lower-case'],
] as const)('%j: %i', async (args, code, says) => {
  expect(await twinlane([...args])).toMatchObject({ code, out: '', err: expect.stringContaining(says) });
});

it('a token of a client administers nothing', async () => {
  const { out } = await twinlane(['tokens', 'create', 'ada']);
  const refused = await twinlane(['tokens', 'list'], out.trim());
  expect(refused).toMatchObject({ code: 77, err: expect.stringContaining('use one of the role admin') });
});

it('keeps a digest alone', async () => {
  const { out } = await twinlane(['tokens', 'create', 'ada']);
  expect(JSON.stringify(await relay.get(TokenStore).list())).not.toContain(out.trim().slice(3));
});

it('releases and deletes an environment, and shows in the audit log who did', async () => {
  const register = async (): Promise<void> => {
    await fetch(`${urlOf(relay)}/v1/environments/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ deviceId: 'device-1', connectionName: 'laptop' }),
    });
  };
  await register();
  const [, id = ''] = /(env-\w+)/.exec((await twinlane(['environments', 'list'])).out) ?? [];
  expect((await twinlane(['environments', 'release', id])).out).toContain(`Released ${id} (laptop)`);
  expect((await twinlane(['environments', 'delete', id])).out).toContain(`Deleted ${id} (laptop)`);
  expect((await twinlane(['environments'])).err).toContain('No environments yet');
  expect(await twinlane(['environments', 'explode'])).toMatchObject({ code: 2 });
  const shown = (await twinlane(['audit'])).out.trimEnd().split('\n');
  expect(shown.slice(1).map((line) => line.split(/ +/)[1])).toEqual([
    'listener_registered',
    'environment_released',
    'environment_deleted',
  ]);
  const json = (await twinlane(['audit', '--json'])).out.trimEnd().split('\n');
  expect(JSON.parse(json.at(-1) ?? '')).toMatchObject({ kind: 'environment_deleted', environmentName: 'laptop' });
});
