import { afterEach, describe, expect, it } from 'vitest';
import type { RemoteTerminal, TerminalOptions } from '../src/client/index.js';
import { Twinlane, type TwinlaneOptions } from './kit/twinlane.js';

let twinlane: Twinlane;
afterEach(() => twinlane.close());

async function open(options: Partial<TerminalOptions> = {}, setup: TwinlaneOptions = {}): Promise<RemoteTerminal> {
  twinlane = await Twinlane.start({ ...setup, listener: { terminal: { shell: '/bin/sh' }, ...setup.listener } });
  const attachment = await twinlane.attach();
  return attachment.openTerminal({ cols: 80, rows: 24, ...options });
}

/** Reads until the output holds something. */
async function until(terminal: RemoteTerminal, wanted: RegExp): Promise<string> {
  let text = '';
  while (!wanted.test(text)) {
    const { value, done } = await terminal.output.next();
    if (done) throw new Error(`ended before ${wanted}: ${text}`);
    text += value;
  }
  return text;
}

async function rest(terminal: RemoteTerminal): Promise<string> {
  let text = '';
  for await (const piece of terminal.output) text += piece;
  return text;
}

describe('a terminal', () => {
  it('runs a shell in the workspace: what is typed, its output, its size, its exit', async () => {
    const terminal = await open({ cols: 100, rows: 30 });
    expect(terminal.pid).toBeGreaterThan(0);
    terminal.write('pwd; stty size; echo sum-$((1+1))\r');
    const text = await until(terminal, /sum-2\r\n/);
    expect(text).toContain(`${twinlane.workspace}\r\n30 100\r\n`);
    terminal.resize(120, 40);
    terminal.write('stty size; exit 3\r');
    expect(await rest(terminal)).toContain('40 120\r\n');
    expect(await terminal.exited).toEqual({ exitCode: 3 });
  });

  it('C34 keeps characters whole, however their bytes are read', async () => {
    const slow = String.raw`for i in 1 2 3; do printf '\360'; sleep 0.03; printf '\237\230\200'; done`;
    const fast = `i=0; while [ $i -lt 4000 ]; do printf 'aé漢😀'; i=$((i+1)); done`;
    const terminal = await open({ command: `${slow}; ${fast}` });
    const text = await rest(terminal);
    expect(text.slice(0, 6)).toBe('😀'.repeat(3));
    expect(text.slice(6).replaceAll('aé漢😀', '.')).toBe('.'.repeat(4_000));
  });
});
