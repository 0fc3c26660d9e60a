import { cp, mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CliRun, temporaryDirectory } from './kit/cli.js';

let temporary: Awaited<ReturnType<typeof temporaryDirectory>>;
let env: Record<string, string>;
let cwd: string;
const roles: CliRun[] = [];

beforeEach(async () => {
  temporary = await temporaryDirectory();
  cwd = path.join(await realpath(temporary.path), 'project');
  await mkdir(cwd);
  env = { TWINLANE_DATA_DIR: path.join(temporary.path, 'data'), TWINLANE_PORT: '0', TWINLANE_LOG_LEVEL: 'silent' };
});
afterEach(async () => {
  for (const role of roles.splice(0).toReversed()) {
    role.interrupt();
    await role.exit;
  }
  await temporary.remove();
});

function run(args: readonly string[], more: Record<string, string> = {}): CliRun {
  return new CliRun(args, { env: { ...env, ...more }, cwd });
}
/** Starts a role and waits until it says that it is up. */
async function role(args: readonly string[], more: Record<string, string> = {}): Promise<CliRun> {
  const started = run(args, more);
  roles.push(started);
  await Promise.race([started.prints('Ctrl-C stops.'), started.exit]);
  return started;
}

it('starts, is found by attach without being told where, and stops without a trace', async () => {
  const start = await role(['start']);
  expect(start.out).toMatch(/relay +http:\/\/127\.0\.0\.1:\d+\n/);
  expect(start.out).toMatch(/environment +project, online \(agent shell, mode standard\)\n/);
  expect(start.out).toContain(`workspace    ${cwd}\n`);
  expect(start.out).toContain('npx twinlane attach -- "ls -la"');

  const attach = run(['attach', '--approve', 'always', '--', 'pwd; echo trouble >&2; exit 7']);
  expect(await attach.exit).toBe(7);
  expect([attach.out, attach.stderr.text]).toEqual([`${cwd}\n`, 'trouble\n']);
  expect(await run(['attach', '--', 'true']).exit).toBe(3);

  const environments = run(['environments']);
  expect(await environments.exit).toBe(0);
  expect(environments.out).toMatch(/^project +online +\S+ +standard +\S+project( +\S+){1,2}$/m);

  start.interrupt();
  expect(await start.exit).toBe(0);
  expect((await readdir(env['TWINLANE_DATA_DIR'] ?? '')).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'device-id',
    'listeners',
    'relay',
    'token',
  ]);
  const [link = ''] = /http:\S+/.exec(start.out) ?? [];
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=\S{43}$/);
  const [url = ''] = link.split('/#');
  expect(await run(['environments', '--server', url]).exit).toBe(69);
});

it('runs the roles apart, and runs at once what needs no approval', async () => {
  await role(['relay']);
  const listen = await role(['listen', '--name', 'worker', '--mode', 'unrestricted']);
  expect(listen.out).toMatch(/environment +worker, online \(agent shell, mode unrestricted\)\n/);
  const attach = run(['attach', '--approve', 'never', '--environment', 'worker', '--', 'echo free']);
  expect(await attach.exit).toBe(0);
  expect(attach.out).toBe('free\n');
});

it('C15 a newer listener takes the workspace of start over, and keeps its relay', async () => {
  const start = await role(['start']);
  const [link = ''] = /http:\S+/.exec(start.out) ?? [];
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=\S{43}$/);
  const [url = ''] = link.split('/#');
  // On a machine that was cloned: the same device with data of its own.
  const clone = path.join(temporary.path, 'clone');
  await cp(env['TWINLANE_DATA_DIR'] ?? '', clone, { recursive: true, filter: (file) => !file.endsWith('listeners') });
  const newer = ['--server', link, '--mode', 'unrestricted', '--data-dir', clone];
  const listen = await role(['listen', ...newer]);
  expect(listen.out).toContain(`npx twinlane attach --server ${url} -- "ls -la"`);
  await start.stderr.shows('The relay goes on');
  const attach = run(['attach', '--approve', 'never', '--', 'echo over']);
  expect([await attach.exit, attach.out]).toEqual([0, 'over\n']);
});

it('does not show a token that somebody chose', async () => {
  const token = 'chosen-by-somebody';
  const relay = await role(['relay'], { TWINLANE_TOKEN: token });
  expect(relay.out).toMatch(/token +as you set it\n/);
  expect(relay.out).not.toContain(token);
});

it('stops with 77 when the relay refuses the token of a listener', async () => {
  await role(['relay']);
  const listen = run(['listen'], { TWINLANE_TOKEN: 'not-the-right-token' });
  expect(await listen.exit).toBe(77);
  expect(listen.stderr.text).toContain('The listener stopped:');
});

it('refuses what it cannot work with, by name', async () => {
  for (const [args, says] of [
    [['listen', '--workspace', '/does/not/exist'], 'The workspace /does/not/exist does not exist'],
    [['start', '--agent', 'nobody'], 'nobody'],
    [['start', '--type-map', 'routes.json'], 'routes.json'],
    [['relay', '--tokens-file', 'none.txt'], 'The tokens file none.txt cannot be read (ENOENT)'],
  ] as const) {
    const refused = run(args, { TWINLANE_TOKEN: 'a-token-that-is-long' });
    expect(await refused.exit).toBe(2);
    expect(refused.stderr.text).toContain(says);
    expect(refused.stderr.text).not.toContain('    at ');
  }
});

it('C32 a relay runs though the file that tells others its address cannot be written', async () => {
  await mkdir(path.join(env['TWINLANE_DATA_DIR'] ?? '', 'relay.json'), { recursive: true });
  const relay = await role(['relay']);
  expect(relay.stderr.text).toBe('');
  relay.interrupt();
  expect(await relay.exit).toBe(0);
});

it('C32 says in one line that the data directory cannot be used', async () => {
  const file = path.join(cwd, 'a-file');
  await writeFile(file, '');
  for (const args of [['relay'], ['start'], ['listen', '--server', 'http://127.0.0.1:1']]) {
    const refused = run(args, { TWINLANE_DATA_DIR: file, TWINLANE_TOKEN: 'a-token-that-is-long' });
    expect(await refused.exit).toBe(2);
    expect(refused.stderr.text).toMatch(/^\S+ cannot be \w+: a file stands .*, or choose another --data-dir\.\n$/);
  }
});
