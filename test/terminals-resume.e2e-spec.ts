import { mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, type RemoteTerminal, TwinlaneClient } from '../src/client/index.js';
import type { ListenerModuleOptions } from '../src/listener/index.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { readRest, readUntil } from './kit/read-terminal.js';
import { PROCESS_TOKEN, RelayProcess } from './kit/relay-process.js';
import { startListener } from './kit/twinlane.js';

// Each test starts a relay in a process of its own.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const SIZE = { cols: 80, rows: 24 };
const PARTS = 4;
const LINES = 20_000;
/** Prints in parts of some 130 kB, each once its file is there; two bytes of a character come apart in between. */
const COMMAND = String.raw`i=1; while [ $i -le ${PARTS} ]; do while [ ! -e go-$i ]; do sleep 0.01; done; seq ${LINES}; printf '\303'; sleep 0.02; printf '\251'; echo part-$i; i=$((i+1)); done; exit 5`;
const PRINTED = Array.from({ length: PARTS }, (_, part) => {
  const lines = Array.from({ length: LINES }, (__, i) => `${i + 1}\r\n`).join('');
  return `${lines}épart-${part + 1}\r\n`;
}).join('');

/** Every socket that clients have opened. */
const sockets: WebSocket[] = [];
class BreakableSocket extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    sockets.push(this);
  }
}

let relay: RelayProcess;
let proxy: FaultProxy;
/** What is to be undone after a test, the last first. */
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  relay = await RelayProcess.start();
  proxy = await FaultProxy.start(relay.url);
});
afterEach(async () => {
  for (const undo of cleanups.splice(0).toReversed()) await undo();
  sockets.length = 0;
  await proxy.stop();
  await relay.dispose();
});

async function workspace(): Promise<string> {
  const folder = path.join(relay.home, 'work');
  await mkdir(folder, { recursive: true });
  return realpath(folder);
}

async function listen(server = proxy.url, options: Partial<ListenerModuleOptions> = {}): Promise<void> {
  const app = await startListener({
    server,
    token: PROCESS_TOKEN,
    workspace: await workspace(),
    transport: { backoffMinMs: 10, backoffMaxMs: 100 },
    ...options,
    terminal: { shell: '/bin/sh', killGraceMs: 100, ...options.terminal },
  });
  cleanups.push(() => app.close());
}

async function attach(): Promise<Attachment> {
  const client = new TwinlaneClient({
    server: relay.url,
    token: PROCESS_TOKEN,
    WebSocket: BreakableSocket,
    limits: { backoffFirstMs: 20, backoffMaxMs: 200 },
  });
  const attachment = await client.attach((await relay.environment('device-1')).id);
  cleanups.push(async () => attachment.close());
  return attachment;
}

/** Has the next part printed, and breaks something once its first lines are here. */
async function interrupted(terminal: RemoteTerminal, part: number, fault: () => unknown): Promise<string> {
  await writeFile(path.join(await workspace(), `go-${part}`), '');
  const begun = await readUntil(terminal, /\n/);
  await fault();
  return begun;
}

const cutDevice = () => proxy.now({ do: 'cut' });
const cutClient = () => sockets.slice(-2).forEach((socket) => socket.terminate());

describe('C10 a terminal whose connections break', () => {
  it.each([
    ['the sockets of the device', cutDevice],
    ['the sockets of its owner', cutClient],
    ['all of them', () => (cutDevice(), cutClient())],
    ['the relay, which is killed and started again', () => relay.kill().then(() => relay.again())],
  ])('lives on: %s', async (_, fault) => {
    await listen();
    const attachment = await attach();
    const terminal = await attachment.openTerminal({ ...SIZE, command: COMMAND });
    let text = '';
    for (let part = 1; part <= PARTS; part++) {
      text += await interrupted(terminal, part, part < PARTS ? fault : () => {});
      const end = new RegExp(`part-${part}\r\n`);
      if (!end.test(text)) text += await readUntil(terminal, end);
    }
    text += await readRest(terminal);
    expect(text.length).toBe(PRINTED.length);
    expect(text === PRINTED).toBe(true);
    expect(await terminal.exited).toEqual({ exitCode: 5 });
  });

  it('takes input again afterwards, also from an owner whom a new relay has never seen', async () => {
    await listen();
    const attachment = await attach();
    const terminal = await attachment.openTerminal(SIZE);
    terminal.write('echo one-$((1))\r');
    await readUntil(terminal, /one-1\r\n/);
    await relay.kill();
    await relay.again();
    await vi.waitFor(() => expect(terminal.write('echo two-$((2))\r')).toBe(true), 20_000);
    await readUntil(terminal, /two-2\r\n/);
    terminal.write('exit 6\r');
    await readRest(terminal);
    expect(await terminal.exited).toEqual({ exitCode: 6 });
  });

  it('ends past the grace period, and its owner hears of it after the last output', async () => {
    await listen(proxy.url, { terminal: { graceMs: 100 } });
    const attachment = await attach();
    const terminal = await attachment.openTerminal({
      ...SIZE,
      command: 'echo begun; trap "echo hung up" HUP; sleep 1000',
    });
    await readUntil(terminal, /begun\r\n/);
    const lift = proxy.rule({ action: { do: 'refuse' } });
    cutDevice();
    await vi.waitFor(() => expect(() => process.kill(terminal.pid ?? 0, 0)).toThrow('ESRCH'), 20_000);
    lift();
    expect(await readRest(terminal)).toContain('hung up\r\n');
    expect(await terminal.exited).toMatchObject({ error: expect.stringMatching(/not connected for 0.1 s/) });
  });

  it('has ended when another process of the listener takes its place', async () => {
    await listen();
    const attachment = await attach();
    const terminal = await attachment.openTerminal(SIZE);
    proxy.rule({ action: { do: 'refuse' } });
    cutDevice();
    await listen(relay.url);
    expect(await terminal.exited).toMatchObject({ exitCode: null, error: expect.stringMatching(/restarted/) });
  });
});
