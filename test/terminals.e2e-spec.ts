import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isEvent, type RemoteTerminal, type TerminalOptions } from '../src/client/index.js';
import { RoutingOptions } from '../src/relay/routing/routing.options.js';
import { readRest, readUntil } from './kit/read-terminal.js';
import { StockClient } from './kit/stock-client.js';
import { TOKEN, Twinlane, type TwinlaneOptions } from './kit/twinlane.js';

const UNREAD = 256 * 1024;
const PLAIN = { registration: { metadata: { supportsResumableChannels: false } } };

let twinlane: Twinlane;
afterEach(() => twinlane.close());

async function start({ listener, ...setup }: TwinlaneOptions = {}) {
  const terminal = { shell: '/bin/sh', ...listener?.terminal };
  twinlane = await Twinlane.start({ ...setup, listener: { ...listener, terminal } });
  return twinlane.attach();
}
async function open(options: Partial<TerminalOptions> = {}, setup: TwinlaneOptions = {}): Promise<RemoteTerminal> {
  const attachment = await start(setup);
  return attachment.openTerminal({ cols: 80, rows: 24, ...options });
}
/** Resolves when no process has this id. */
const isGone = (pid: number) => vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000);

describe.each([
  ['a resumable link', {}],
  ['a plain link', PLAIN],
])('a terminal over %s', (_, listener) => {
  it('runs a shell in the workspace: what is typed, its output, its size, its exit', async () => {
    const terminal = await open({ cols: 100, rows: 30 }, { listener });
    expect(terminal.pid).toBeGreaterThan(0);
    terminal.write('pwd; stty size; echo sum-$((1+1))\r');
    const text = await readUntil(terminal, /sum-2\r\n/);
    expect(text).toContain(`${twinlane.workspace}\r\n30 100\r\n`);
    terminal.resize(120, 40);
    terminal.write('stty size; exit 3\r');
    expect(await readRest(terminal)).toContain('40 120\r\n');
    expect(await terminal.exited).toEqual({ exitCode: 3 });
  });

  it('C18 input for a program that never reads is dropped beyond a bound, and said so; nothing else waits for it', async () => {
    const attachment = await start({ listener: { ...listener, terminal: { waitingInputBytes: 400_000 } } });
    const size = { cols: 80, rows: 24 };
    const deaf = await attachment.openTerminal({ ...size, command: 'stty raw -echo; echo ready; exec sleep 1000' });
    await readUntil(deaf, /ready/);
    for (let at = 0; at < 4; at++) deaf.write('x'.repeat(200_000));
    expect(await readUntil(deaf, /typed? again once it goes on\.\]/)).toContain(
      '[Input was dropped. The program does not read',
    );
    const other = await attachment.openTerminal({ ...size, command: 'head -n 1' });
    other.write('heard\r');
    expect(await readRest(other)).toContain('heard');
    deaf.kill();
    expect((await deaf.exited).exitCode).not.toBe(0);
  });

  it('input that is too long is not typed, and its terminal says so', async () => {
    const terminal = await open({ command: 'head -n 1' }, { listener });
    terminal.write('x'.repeat(300_000));
    terminal.write('short\r');
    const text = await readRest(terminal);
    expect(text).toMatch(/\[Input was dropped\. .*data.*\][^]*short/);
  });

  it('C34 keeps characters whole, however their bytes are read', async () => {
    const slow = String.raw`for i in 1 2 3; do printf '\360'; sleep 0.03; printf '\237\230\200'; done`;
    const fast = `i=0; while [ $i -lt 4000 ]; do printf 'aé漢😀'; i=$((i+1)); done`;
    const text = await readRest(await open({ command: `${slow}; ${fast}` }, { listener }));
    expect(text.slice(0, 6)).toBe('😀'.repeat(3));
    expect(text.slice(6).replaceAll('aé漢😀', '.')).toBe('.'.repeat(4_000));
  });

  it('C10 tells its end after its last output, all of which has come', async () => {
    const attachment = await start({ listener });
    const lines = Array.from({ length: 30_000 }, (__, i) => `${i + 1}\r\n`).join('');
    for (let run = 0; run < 3; run++) {
      const terminal = await attachment.openTerminal({ cols: 80, rows: 24, command: 'seq 30000; exit 7' });
      expect((await readRest(terminal)) === lines).toBe(true);
      expect(await terminal.exited).toEqual({ exitCode: 7 });
    }
  });

  it('C18 printing without end leaves commands and approvals their turn', async () => {
    const attachment = await start({ listener: { ...listener, mode: 'standard' } });
    const terminal = await attachment.openTerminal({ cols: 80, rows: 24, command: 'yes' });
    const seen = { bytes: 0, most: 0 };
    const reading = (async () => {
      for await (const text of terminal.output) seen.bytes += text.length;
    })();
    const measured = async (work: () => Promise<unknown>): Promise<void> => {
      const before = seen.bytes;
      await work();
      seen.most = Math.max(seen.most, seen.bytes - before);
    };
    while (seen.bytes < 4 * UNREAD) await measured(() => attachment.command('list_in_directory', { path: '.' }));
    const turn = await attachment.turn('echo approved');
    for await (const event of turn)
      if (isEvent(event, 'control_request'))
        await measured(() => attachment.answerApproval(event.request_id, { behavior: 'allow' }));
    expect(turn.outcome?.stop_reason).toBe('end_turn');
    terminal.kill();
    await reading;
    // What an answer waits for is at most what was under way when it was asked for, and as much again; on a busy machine this process also
    // reads on before it looks at the answer. Without turns it would be all that `yes` ever prints.
    expect(seen.most).toBeLessThan(4 * UNREAD);
  });
});

describe('a terminal', () => {
  it('that nobody reads waits, and its client is served all the same', async () => {
    const attachment = await start();
    const terminal = await attachment.openTerminal({ cols: 80, rows: 24, command: 'yes' });
    for (let i = 0; i < 30; i++) await attachment.command('list_in_directory', { path: '.' });
    terminal.kill();
    await terminal.exited;
    const printed = (await readRest(terminal)).length;
    // What may be unread, one batch, and what the system holds.
    expect(printed).toBeLessThan(UNREAD + 64 * 1024 + 64 * 1024);
  });

  it('of a client that acknowledges nothing goes on all the same, and counts as read what was delivered', async () => {
    const attachment = await start();
    const environment = (await twinlane.client().environments())[0];
    const { runtime } = attachment;
    if (!runtime || !environment?.connectionId) throw new Error('no runtime');
    const stock = await StockClient.open({
      server: twinlane.url,
      token: TOKEN,
      connectionId: environment.connectionId,
      runtime,
    });
    stock.send({ type: 'terminal_spawn', terminal_id: 't1', cols: 80, rows: 24 });
    stock.send({ type: 'terminal_input', terminal_id: 't1', data: 'seq 200000; exit 4\r' });
    const exit = await stock.until(() => stock.rest.find(({ type }) => type === 'terminal_exited'));
    stock.close();
    expect(exit).toMatchObject({ terminal_id: 't1', exitCode: 4 });
    const printed = stock.rest.filter(({ type }) => type === 'terminal_output').map(({ data }) => String(data));
    expect(printed.join('')).toContain('\r\n199999\r\n200000\r\n');
    expect(stock.rest.at(-1)).toBe(exit);
  });

  it.skipIf(process.platform !== 'linux')('what a terminal left behind ends with the listener', async () => {
    const command = 'setsid sleep 1002 & echo "job $!."; nohup sleep 1003 >/dev/null 2>&1 & echo "job $!."';
    const terminal = await open({ command }, { listener: { terminal: { killGraceMs: 50 } } });
    const jobs = [...(await readRest(terminal)).matchAll(/job (\d+)\./g)].map(([, pid]) => Number(pid));
    expect(jobs.map((pid) => process.kill(pid, 0))).toEqual([true, true]);
    await twinlane.listener.close();
    await Promise.all(jobs.map(isGone));
  });

  it('ends with its listener, with every job in it, and its owner is told', async () => {
    const command = 'trap "" HUP; set -m; sleep 1000 & echo "job $!."; sleep 1001';
    const terminal = await open({ command }, { listener: { terminal: { killGraceMs: 50 } } });
    const [, job] = /job (\d+)\./.exec(await readUntil(terminal, /job \d+\./)) ?? [];
    await twinlane.listener.close();
    await Promise.all([isGone(terminal.pid ?? 0), isGone(Number(job))]);
    expect(await terminal.exited).toMatchObject({ error: expect.stringMatching(/listener stops/) });
  });

  it('ends when its owner has left for good', async () => {
    const options = Object.assign(new RoutingOptions(), { clientAwayMs: 0 });
    const providers = [{ provide: RoutingOptions, useValue: options }];
    const attachment = await start({ relay: { extend: { relay: { providers } } } });
    const terminal = await attachment.openTerminal({ cols: 80, rows: 24, command: 'sleep 1000' });
    attachment.close();
    expect((await terminal.exited).exitCode).toBeNull();
    await isGone(terminal.pid ?? 0);
  });

  it('is one of so many per client; one that has ended makes room', async () => {
    const attachment = await start({ listener: { terminal: { maxPerClient: 2 } } });
    const size = { cols: 80, rows: 24 };
    const [first] = [await attachment.openTerminal(size), await attachment.openTerminal(size)];
    await expect(attachment.openTerminal(size)).rejects.toThrow(/may have 2 terminals/);
    first.write('exit\r');
    await readRest(first);
    await first.exited;
    await vi.waitFor(() => attachment.openTerminal(size), 5_000);
  });

  it('C35 opens inside of the workspace only, and in a directory', async () => {
    const attachment = await start();
    await mkdir(path.join(twinlane.workspace, 'sub'));
    const size = { cols: 80, rows: 24 };
    const inside = await attachment.openTerminal({ ...size, cwd: 'sub', command: 'pwd' });
    expect(await readRest(inside)).toBe(`${twinlane.workspace}/sub\r\n`);
    await expect(attachment.openTerminal({ ...size, cwd: '..' })).rejects.toThrow(/outside of the workspace/);
    await expect(attachment.openTerminal({ ...size, cwd: 'none' })).rejects.toThrow(/ENOENT/);
  });

  it('is given the environment that children may have, and opens in no mode that lets no client run anything', async () => {
    process.env['TWINLANE_TEST_SECRET'] = 'hidden';
    const terminal = await open({ command: 'echo "[$TWINLANE_TEST_SECRET] $TERM"' });
    expect(await readRest(terminal)).toBe('[] xterm-256color\r\n');
    await twinlane.close();
    delete process.env['TWINLANE_TEST_SECRET'];
    await expect(open({}, { listener: { mode: 'strict' } })).rejects.toThrow(/mode strict/);
  });
});
