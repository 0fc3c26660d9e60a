import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ON_NATS } from './kit/engine-under-test.js';
import { NO_PTY, Pty } from './kit/pty.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_RIGHT_BRACKET = '\u001d';
const UP = '\u001b[A';
/** The prompt with nothing typed yet, at the end of the screen. */
const PROMPT = /\[ready\]>\s*$/;

let home: string;
let workspace: string;
let open: Pty[];
beforeEach(async () => {
  home = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-home-')));
  workspace = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-work-')));
  open = [];
});
afterEach(async () => {
  for (const pty of open.toReversed()) await pty.stop();
  await Promise.all([home, workspace].map((folder) => rm(folder, { recursive: true, force: true })));
});

function twinlane(...args: string[]): Pty {
  const env = { HOME: home, XDG_DATA_HOME: path.join(home, 'data') };
  const pty = Pty.twinlane(args, { cwd: workspace, env });
  open.push(pty);
  return pty;
}
async function start(...args: string[]): Promise<Pty> {
  const started = twinlane('start', '--port', '0', ...args);
  await started.shows(/Ctrl-C stops/);
  return started;
}
async function attach(...args: string[]): Promise<Pty> {
  const session = twinlane('attach', ...args);
  await session.shows(PROMPT);
  return session;
}
/** The screen without what differs from run to run. */
function masked({ screen }: Pty): string {
  return `${screen
    .replaceAll(workspace, '/WORKSPACE')
    .replaceAll(path.basename(workspace), 'WORKSPACE')
    .replaceAll(home, '/HOME')
    .replace(/^twinlane \d+\.\d+\.\d+\S*/m, 'twinlane VERSION')
    .replaceAll(/:\d{4,5}\b/g, ':PORT')
    .replaceAll(/(token[ =]+)\S{43}$/gm, '$1TOKEN')
    .replaceAll(/conv-[\da-f-]{36}/g, 'CONVERSATION')
    .trimEnd()}\n`;
}

// Where there is no pseudo-terminal the tests are skipped, but never in CI.
const isSkipped = NO_PTY !== undefined && process.env['CI'] === undefined;
if (isSkipped) console.warn(`Tests at a real terminal are skipped: ${NO_PTY}.`);

describe.skipIf(isSkipped)(`at a real terminal${NO_PTY === undefined ? '' : ` (skipped: ${NO_PTY})`}`, () => {
  it('npm start shows what is in test/golden/start.txt, and Ctrl-C stops it', async () => {
    const started = await start();
    await expect(masked(started)).toMatchFileSnapshot(ON_NATS ? 'golden/start-nats.txt' : 'golden/start.txt');
    started.type(CTRL_C);
    expect(await started.exit).toBe(0);
  });

  it('a session with approvals shows what is in test/golden/session.txt', async () => {
    await start();
    const session = await attach();
    session.type('echo one; echo two\r');
    await session.shows(/Allow\? \[y\/N\]$/);
    session.type('y');
    await session.shows(/two\n.*\[ready\]>$/);
    session.type('touch forbidden\r');
    await session.shows(/touch forbidden\n\nAllow\? \[y\/N\]$/);
    session.type('n');
    await session.shows(/person at the terminal\.\n.*\[ready\]>$/);
    session.type('exit 7\r');
    await session.shows(/exit 7\n\nAllow\? \[y\/N\]$/);
    session.type('y');
    await session.shows(/exit code 7.*\n.*\[ready\]>$/);
    session.type(CTRL_D);
    expect(await session.exit).toBe(0);
    await expect(masked(session)).toMatchFileSnapshot('golden/session.txt');
    await expect(stat(path.join(workspace, 'forbidden'))).rejects.toThrow(/ENOENT/);
  });

  it('Ctrl-C aborts the turn and keeps the session; at the prompt it leaves when pressed twice', async () => {
    await start('--mode', 'unrestricted');
    const session = await attach();
    session.type('echo $$; exec sleep 60\r');
    const [, pid] = await session.shows(/^(\d+)$/m);
    session.type(CTRL_C);
    await session.shows(/The turn was aborted\.\n.*\[ready\]>$/);
    const stateOf = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
    expect(stateOf === 'gone' || / Z /.test(stateOf)).toBe(true);
    session.type('half a line');
    await session.shows(/half a line$/);
    session.type(CTRL_C);
    await session.shows(PROMPT);
    session.type(CTRL_C);
    await session.shows(/Ctrl-C again leaves[^\n]*\n.*\[ready\]>$/);
    session.type(CTRL_C);
    expect(await session.exit).toBe(130);
  });

  it('Ctrl-C twice during a turn leaves at once', async () => {
    await start('--mode', 'unrestricted');
    const session = await attach();
    session.type('trap "" INT TERM; echo begun; sleep 60; sleep 60\r');
    await session.shows(/^begun$/m);
    session.type(CTRL_C);
    await session.shows(/Ctrl-C again leaves at once/);
    session.type(CTRL_C);
    expect(await session.exit).toBe(130);
  });

  it('knows what was typed in earlier sessions, and keeps what is typed ahead', async () => {
    await start('--mode', 'unrestricted');
    const first = await attach();
    first.type('echo from the first\r');
    await first.shows(/^from the first\n.*\[ready\]>$/m);
    first.type(CTRL_D);
    await first.exit;
    const file = path.join(home, 'data', 'twinlane', 'history');
    expect(await readFile(file, 'utf8')).toBe('echo from the first\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const second = await attach();
    second.type(`${UP}\r`);
    await second.shows(/^from the first\n.*\[ready\]>$/m);
    second.type('while [ ! -e go ]; do sleep 0.05; done\recho typed ahead\r');
    await writeFile(path.join(workspace, 'go'), '');
    await second.shows(/^typed ahead\n.*\[ready\]>$/m);
  });

  it('/term is a terminal in the terminal: its size, its keys, its exit, and Ctrl-] ends it', async () => {
    await start('--mode', 'unrestricted');
    const session = await attach();
    session.type('/term\r');
    await session.shows(/Ctrl-\] ends it/);
    await session.shows(/\n[$#]\s*$/);
    session.type('stty size; pwd; tty -s && echo is-a-tty; sleep 60\r');
    await session.shows(/^50 400\n\S+\nis-a-tty$/m);
    session.type(CTRL_C);
    session.type('echo sum-$((1+1)); exit 7\r');
    await session.shows(/sum-2$/m);
    await session.shows(/exit code 7\)\n.*\[ready\]>$/);
    session.type('/term sleep 60\r');
    await session.shows(/Ctrl-\] ends it[^]*Ctrl-\] ends it/);
    session.type(CTRL_RIGHT_BRACKET);
    await session.shows(/sleep 60\n[^]*\[ready\]>$/);
    session.type(CTRL_D);
    expect(await session.exit).toBe(0);
  });

  it('changes the mode with /mode, which Tab completes, and knows what there is', async () => {
    await start();
    const session = await attach();
    session.type('/mo\t');
    await session.shows(/> \/mode\s*$/);
    session.type('unre\t');
    await session.shows(/> \/mode unrestricted$/);
    session.type('\r');
    await session.shows(/Mode unrestricted: nothing is asked\.\n.*\[ready\]>\s*$/);
    session.type('echo unasked\r');
    await session.shows(/^unasked\n.*\[ready\]>\s*$/m);
    session.type('/mode\r');
    await session.shows(/^\* unrestricted +nothing is asked$[^]*\[ready\]>\s*$/m);
    session.type('/mode strict\r');
    await session.shows(/Mode strict: [^]*\[ready\]>\s*$/);
    session.type('/term\r');
    await session.shows(/In mode strict no command of a client runs programs\.[^]*\[ready\]>\s*$/);
    session.type('/branch new x\r');
    await session.shows(/In mode strict no command of a client changes files\.[^]*\[ready\]>\s*$/);
    session.type('/queue\r');
    await session.shows(/No input waits\.\n/);
    session.type('/help\r');
    await session.shows(/^ +\/queue \[remove number \| resume\]/m);
  });

  it('lets the person choose where several environments are online', async () => {
    const started = await start('--name', 'here', '--mode', 'unrestricted');
    const [server = ''] = await started.shows(/http:\/\/[\d.:]+/);
    const other = twinlane('listen', '--server', server, '--name', 'there', '--mode', 'unrestricted');
    await other.shows(/there, online/);
    const session = twinlane('attach');
    await session.shows(/1 +here .*\n +2 +there .*\n\nWhich one\? \[1-2\]\s*$/);
    session.type('3\r');
    await session.shows(/3\nType a number from 1 to 2, or a name .*\nWhich one\? \[1-2\]\s*$/);
    session.type('there\r');
    await session.shows(/there:.*\[ready\]>\s*$/);
  });
});
