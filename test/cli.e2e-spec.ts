import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ON_NATS } from './kit/engine-under-test.js';
import { freePort } from './kit/free-port.js';
import { TwinlaneProcess } from './kit/twinlane-process.js';

const BIN = fileURLToPath(new URL('../bin/twinlane.js', import.meta.url));

let home: string;
let workspace: string;
let running: TwinlaneProcess[];
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'twinlane-home-'));
  workspace = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-work-')));
  running = [];
});
afterEach(async () => {
  for (const started of running) await started.kill();
  await Promise.all([home, workspace].map((folder) => rm(folder, { recursive: true, force: true })));
});

function twinlane(args: readonly string[], env: Readonly<Record<string, string>> = {}, input = ''): TwinlaneProcess {
  const started = TwinlaneProcess.start(args, {
    cwd: workspace,
    env: { HOME: home, XDG_DATA_HOME: path.join(home, 'data'), ...env },
    input,
  });
  running.push(started);
  return started;
}

/** `twinlane start` on a free port, once its environment is online. */
async function start(args: readonly string[] = []): Promise<TwinlaneProcess> {
  const started = twinlane(['start', '--port', '0', ...args]);
  await started.prints(/Ctrl-C stops/);
  return started;
}

it('ends quietly when whoever reads its output has left', async () => {
  const run = spawn(process.execPath, [BIN, 'attach', '--help'], { cwd: workspace, stdio: ['ignore', 'pipe', 'pipe'] });
  run.stdout.destroy();
  let err = '';
  run.stderr.on('data', (part: Buffer) => (err += part.toString()));
  const [code] = await once(run, 'close');
  expect([0, 141]).toContain(code);
  expect(err).toBe('');
});

describe('twinlane start', () => {
  it('says where it listens, which environment is online, its token and what to type next; the same token next time', async () => {
    const first = await start();
    const [, token] = await first.prints(/token +(\S+)/);
    expect(first.out).toMatch(/relay +http:\/\/127\.0\.0\.1:\d+/);
    expect(first.out).toContain(`environment  ${path.basename(workspace)}, online`);
    expect(first.out).toContain('npx twinlane attach -- "ls -la"');
    const file = path.join(home, 'data', 'twinlane', 'token');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(file, 'utf8')).trim()).toBe(token);
    first.process.kill('SIGTERM');
    expect((await first.finished).code).toBe(0);
    const second = await start();
    expect((await second.prints(/token +(\S+)/))[1]).toBe(token);
    expect(second.err).toBe('');
  });

  it('says that a port is taken, and what to do', async () => {
    const [, port] = await (await start()).prints(/127\.0\.0\.1:(\d+)/);
    const elsewhere = ['--data-dir', path.join(home, 'other')];
    const second = await twinlane(['start', '--port', String(port), ...elsewhere]).finished;
    expect(second.code).not.toBe(0);
    expect(second.err).toMatch(/something listens there already.*--port or TWINLANE_PORT/);
  });

  it('refuses a second relay, and a second listener of a workspace, on the same data; not those that come after', async () => {
    const first = await start();
    const [, url = ''] = await first.prints(/relay +(http:\S+)/);
    const relay = await twinlane(['relay', '--port', '0']).finished;
    expect([relay.code, relay.out]).toEqual([1, '']);
    expect(relay.err).toContain(`A relay is already running (pid ${first.process.pid})`);
    expect(relay.err).toMatch(/Stop it, or choose another directory with --data-dir or TWINLANE_DATA_DIR\.\n$/);
    const listener = await twinlane(['listen', '--server', url]).finished;
    expect([listener.code, listener.out]).toEqual([1, '']);
    expect(listener.err).toMatch(
      /already listening \(pid \d+\) for .*Stop it, or choose another --name or --workspace\.\n$/,
    );
    expect(listener.err).toContain(`(pid ${first.process.pid})`);

    first.process.kill('SIGKILL');
    await first.finished;
    await start();
  });

  it('keeps journals and histories where only their owner reads them; none in memory', async () => {
    const data = path.join(home, 'data', 'twinlane');
    const files = async () => (await readdir(data, { recursive: true })).filter((file) => file.endsWith('.db'));
    const inMemory = await start(['--journal', 'memory', '--history', 'memory']);
    expect(await files()).not.toContainEqual(expect.stringMatching(/journal|history/));
    inMemory.process.kill('SIGTERM');
    await inMemory.finished;
    await start();
    const made = await files();
    expect(made).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^listeners\/[0-9a-f]{16}\/journal\.db$/),
        expect.stringMatching(/^listeners\/[0-9a-f]{16}\/ledger\.db$/),
        ON_NATS ? 'relay/history-cache.db' : 'relay/history.db',
      ]),
    );
    for (const file of made) {
      expect((await stat(path.join(data, file))).mode & 0o777).toBe(0o600);
      expect((await stat(path.join(data, path.dirname(file)))).mode & 0o777).toBe(0o700);
    }
  });
});

describe('twinlane attach', () => {
  it('runs a turn, prints output as it is produced, and exits as the command did', async () => {
    await start();
    const attached = await twinlane(['attach', '--approve', 'always', '--', 'echo out; echo err >&2']).finished;
    expect(attached).toEqual({ code: 0, out: 'out\n', err: 'err\n' });
    expect((await twinlane(['attach', '--approve', 'always', '--', 'exit 7']).finished).code).toBe(7);
    const piped = await twinlane(['attach', '--approve', 'always'], {}, 'cat <<X\nfrom standard input\nX\n').finished;
    expect(piped).toMatchObject({ code: 0, out: 'from standard input\n' });
    const early = twinlane(['attach', '--approve', 'always', '--', 'mkfifo pipe; echo early; cat pipe']);
    await early.prints(/early/);
    await twinlane(['attach', '--approve', 'always', '--', 'echo late > pipe']).finished;
    expect((await early.finished).out).toBe('early\nlate\n');
  });

  it('brings a large output to its end', async () => {
    await start();
    const attached = await twinlane(['attach', '--approve', 'always', '--', 'seq 1 200000']).finished;
    expect(attached.out.split('\n')).toHaveLength(200_001);
    expect(attached.out.endsWith('\n200000\n')).toBe(true);
  });

  it('exits 3 when the approval is denied, also where nobody can be asked', async () => {
    await start();
    const never = await twinlane(['attach', '--approve', 'never', '--', 'touch ran']).finished;
    expect(never).toMatchObject({ code: 3, out: '' });
    expect(never.err).toContain('--approve never');
    const unasked = await twinlane(['attach', '--', 'touch ran']).finished;
    expect(unasked.code).toBe(3);
    expect(unasked.err).toMatch(/touch ran[\s\S]*--approve always/);
    await expect(stat(path.join(workspace, 'ran'))).rejects.toThrow(/ENOENT/);
  });

  it('exits 2, 69, 77 for bad usage, an unreachable relay and a refused token, and says what to do', async () => {
    await start();
    const usage = await twinlane(['attach', '--approve', 'maybe', '--', 'ls']).finished;
    expect(usage.code).toBe(2);
    expect(usage.err).toMatch(/--approve must be one of.*ask, always, never.*got "maybe"/);
    const unreachable = await twinlane(['attach', '--server', 'http://127.0.0.1:1', '--token', 'x', '--', 'ls'])
      .finished;
    expect(unreachable.code).toBe(69);
    const refused = await twinlane(['attach', '--token', 'not-the-right-token', '--', 'ls']).finished;
    expect(refused.code).toBe(77);
    expect(refused.err).toContain('TWINLANE_TOKEN');
    expect(refused.err).not.toContain('not-the-right-token');
  });

  it('Ctrl-C aborts the turn on the device and exits 130', async () => {
    await start();
    const attached = twinlane(['attach', '--approve', 'always', '--', 'echo $$; exec sleep 60']);
    const [pid] = await attached.prints(/\d+/);
    attached.process.kill('SIGINT');
    expect((await attached.finished).code).toBe(130);
    const stateOf = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
    expect(stateOf === 'gone' || / Z /.test(stateOf)).toBe(true);
  });
});

describe('the roles apart', () => {
  it('relay and listen run on their own, and environments lists what is online', async () => {
    const token = 'a-token-of-sixteen-or-more';
    const relay = twinlane(['relay', '--port', '0'], { TWINLANE_TOKEN: token });
    const [server = ''] = await relay.prints(/http:\/\/127\.0\.0\.1:\d+/);
    const listener = twinlane(['listen', '--server', server, '--name', 'far away', '--mode', 'unrestricted'], {
      TWINLANE_TOKEN: token,
    });
    await listener.prints(/far away/);
    const env = { TWINLANE_SERVER: server, TWINLANE_TOKEN: token };
    const listed = await twinlane(['environments', '--json'], env).finished;
    expect(JSON.parse(listed.out)).toMatchObject([
      { connectionName: 'far away', deviceId: expect.any(String), connectionId: expect.any(String) },
    ]);
    expect((await twinlane(['attach', '--environment', 'far away', '--', 'pwd'], env).finished).out).toBe(
      `${workspace}\n`,
    );
    listener.process.kill('SIGTERM');
    expect((await listener.finished).code).toBe(0);
    expect((await twinlane(['environments'], env).finished).out).toMatch(/far away +offline/);
    relay.process.kill('SIGTERM');
    expect((await relay.finished).code).toBe(0);
  });

  it('exits 69 where a listener was killed during the turn, or before, and does not come back', async () => {
    const env = { TWINLANE_TOKEN: 'a-token-of-sixteen-or-more' };
    const relay = twinlane(['relay', '--port', '0'], env);
    const [server = ''] = await relay.prints(/http:\/\/127\.0\.0\.1:\d+/);
    const listener = twinlane(['listen', '--server', server, '--name', 'away', '--mode', 'unrestricted'], env);
    await listener.prints(/away/);
    const attach = ['attach', '--server', server, '--environment', 'away', '--wait-ms', '500', '--'];
    const attached = twinlane([...attach, 'echo $$; exec sleep 60'], env);
    const [pid] = await attached.prints(/\d+/);
    await listener.kill();
    process.kill(Number(pid), 'SIGKILL');
    const during = await attached.finished;
    expect(during.code).toBe(69);
    expect(during.err).toMatch(/outcome of the turn is unknown.*twinlane listen.*twinlane attach --conversation conv-/);
    const later = await twinlane([...attach, 'ls'], env).finished;
    expect(later).toMatchObject({ code: 69, out: '' });
    expect(later.err).toMatch(/is away; waiting for it[\s\S]*did not come back within 0\.5 s.*twinlane listen/);
  });

  it('a relay refuses to listen beyond loopback without a token of somebody’s choice', async () => {
    const refused = await twinlane(['relay', '--host', '0.0.0.0', '--port', '0']).finished;
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('TWINLANE_TOKEN');
    const tokens = path.join(home, 'tokens');
    await writeFile(tokens, '# team\nsixteen-characters-or-more\n');
    const relay = twinlane(['relay', '--host', '0.0.0.0', '--port', '0', '--tokens-file', tokens]);
    await relay.prints(/http:/);
  });

  it('reads a file .env, and minds no directory of that name', async () => {
    await mkdir(path.join(workspace, '.env'));
    expect((await twinlane(['--version']).finished).code).toBe(0);
    await rm(path.join(workspace, '.env'), { recursive: true });
    await writeFile(path.join(workspace, '.env'), 'TWINLANE_PORT=from-a-file\n');
    expect((await twinlane(['relay']).finished).err).toContain('got "from-a-file"');
  });

  it('names the variable that is wrong, what it got and what it wants', async () => {
    const failed = await twinlane(['relay'], { TWINLANE_PORT: 'abc' }).finished;
    expect(failed.code).toBe(2);
    expect(failed.err).toMatch(/TWINLANE_PORT must .*got "abc"/);
    const listener = await twinlane(['listen', '--token', 'x'], { TWINLANE_MODE: 'yolo' }).finished;
    expect(listener.err).toMatch(/TWINLANE_MODE .*standard.*strict.*got "yolo"/);
    const map = path.join(home, 'map.json');
    await writeFile(map, '{"x":{"channel":"both","delivery":"ordered"}}');
    const routes = await twinlane(['listen', '--token', 'x', '--type-map', map]).finished;
    expect(routes.code).not.toBe(0);
    expect(routes.err).toMatch(/map\.json.*"x" needs "channel".*got "both"/);
  });
});

it('a node that does not reach NATS says so while it waits, and ends with what to do, in one line', async () => {
  const engine = `nats://127.0.0.1:${await freePort()}`;
  const env = { TWINLANE_ENGINE: engine, TWINLANE_NATS_WAIT_MS: '200', TWINLANE_LOG_LEVEL: 'warn' };
  const { code, out, err } = await twinlane(['relay', '--port', '0'], env).finished;
  expect([code, out]).toEqual([1, '']);
  const lines = err.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', msg: expect.stringMatching(/for 1 s more\.$/) });
  expect(lines[1]).toMatch(
    /^NATS at 127\.0\.0\.1:\d+ cannot be reached .*: start nats-server, or correct TWINLANE_ENGINE\.$/,
  );
});
