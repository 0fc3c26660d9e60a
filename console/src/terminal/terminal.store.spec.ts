import { beforeEach, describe, expect, it } from 'vitest';
import type { RemoteTerminal, TerminalExit } from 'twinlane/client';
import { AsyncQueue } from '../../../src/client/async-queue.js';
import { withControl } from './control-keys.js';
import { MAX_HELD_LENGTH, MAX_SENT_LENGTH, piecesOf } from './held-input.js';
import { exitText, MAX_UNSHOWN_LENGTH, TerminalStore } from './terminal.store.js';
import { type AttachedScreen, TerminalsStore } from './terminals.store.js';

/** A busy machine may take its time. */
const PATIENTLY = { timeout: 60_000 };
const SIZE = { cols: 80, rows: 24 };

class FakeTerminal {
  readonly id = 'terminal';
  readonly typed: string[] = [];
  readonly sizes: string[] = [];
  readonly output = new AsyncQueue<string>();
  isLinked = true;
  isKilled = false;
  end: (exit: TerminalExit) => void = () => {};
  readonly exited = new Promise<TerminalExit>((resolve) => (this.end = resolve));

  write(text: string): boolean {
    if (this.isLinked) this.typed.push(text);
    return this.isLinked;
  }

  resize(cols: number, rows: number): boolean {
    this.sizes.push(`${cols}x${rows}`);
    return true;
  }

  kill(): boolean {
    this.isKilled = true;
    return true;
  }

  exits(exit: TerminalExit, error?: Error): void {
    this.output.finish(error);
    this.end(exit);
  }
}

class FakeScreen implements AttachedScreen {
  readonly size = SIZE;
  readonly shown: string[] = [];
  isDisposed = false;
  show: () => Promise<void> = () => Promise.resolve();

  async write(text: string): Promise<void> {
    this.shown.push(text);
    await this.show();
  }

  connect(terminal: TerminalStore): void {
    void terminal.run(this.size);
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

let remote: FakeTerminal;
let screen: FakeScreen;
let terminal: TerminalStore;
let running: Promise<void>;

beforeEach(() => {
  remote = new FakeTerminal();
  screen = new FakeScreen();
});

async function open(): Promise<void> {
  terminal = new TerminalStore(1, async () => remote as unknown as RemoteTerminal, screen);
  running = terminal.run(SIZE);
  await expect.poll(() => terminal.phase.value.name, PATIENTLY).toBe('open');
}

describe('a terminal', () => {
  it('shows what is printed, types what is typed, and says how it ended', async () => {
    await open();
    terminal.type('ls\r');
    remote.output.push('a b\r\n');
    await expect.poll(() => screen.shown, PATIENTLY).toEqual(['a b\r\n']);
    remote.exits({ exitCode: 3 });
    await running;
    expect(terminal.phase.value).toEqual({ name: 'ended', exit: { exitCode: 3 } });
    terminal.type('late');
    expect(remote.typed).toEqual(['ls\r']);
  });

  it('takes no more output than its screen will soon have shown', async () => {
    const shown: (() => void)[] = [];
    screen.show = () => new Promise((resolve) => void shown.push(resolve));
    await open();
    const large = 'x'.repeat(MAX_UNSHOWN_LENGTH - 1);
    for (const text of [large, 'two', 'three']) remote.output.push(text);
    await expect.poll(() => screen.shown, PATIENTLY).toEqual([large, 'two']);
    for (const show of shown) show();
    await expect.poll(() => screen.shown, PATIENTLY).toEqual([large, 'two', 'three']);
  });

  it('keeps what is typed without a link, and sends it once, in order', async () => {
    await open();
    remote.isLinked = false;
    terminal.type('a');
    terminal.type('b');
    expect(terminal.heldLength.value).toBe(2);
    remote.isLinked = true;
    terminal.type('c');
    expect(remote.typed.join('')).toBe('abc');
    terminal.resume();
    expect(remote.typed.join('')).toBe('abc');
    expect(terminal.heldLength.value).toBe(0);
  });

  it('keeps what is typed while it is being opened', async () => {
    terminal = new TerminalStore(1, async () => remote as unknown as RemoteTerminal, screen);
    void terminal.run(SIZE);
    terminal.type('early');
    terminal.resize(100, 30);
    await expect.poll(() => remote.typed, PATIENTLY).toEqual(['early']);
    expect(remote.sizes).toEqual(['100x30']);
  });

  it('says when there is no more room for what is typed', async () => {
    await open();
    remote.isLinked = false;
    terminal.type('x'.repeat(MAX_HELD_LENGTH));
    expect(terminal.hasOverrun.value).toBe(false);
    terminal.type('y');
    expect(terminal.hasOverrun.value).toBe(true);
    remote.isLinked = true;
    terminal.resume();
    expect(remote.typed.join('')).toBe('x'.repeat(MAX_HELD_LENGTH));
    expect(terminal.hasOverrun.value).toBe(false);
  });

  it('sends what is long in pieces, no character cut', () => {
    const text = `${'x'.repeat(MAX_SENT_LENGTH - 1)}😀${'y'.repeat(10)}`;
    const pieces = piecesOf(text);
    expect(pieces.map(({ length }) => length)).toEqual([MAX_SENT_LENGTH - 1, 12]);
    expect(pieces.join('')).toBe(text);
    expect(piecesOf('')).toEqual([]);
  });

  it('tells its size only when it has changed', async () => {
    await open();
    terminal.resize(80, 24);
    terminal.resize(100, 24);
    terminal.resize(100, 24);
    expect(remote.sizes).toEqual(['100x24']);
  });

  it('says why the device opened none', async () => {
    terminal = new TerminalStore(1, () => Promise.reject(new Error('The mode is strict.')), screen);
    await terminal.run(SIZE);
    expect(terminal.phase.value).toEqual({ name: 'failed', message: 'The mode is strict.' });
  });

  it('ends with the attachment, and says so', async () => {
    await open();
    remote.exits({ exitCode: null, error: 'The attachment was closed.' }, new Error('closed'));
    await running;
    expect(terminal.phase.value).toMatchObject({ name: 'ended' });
    expect(exitText({ exitCode: null, error: 'The attachment was closed.' })).toBe('Ended: The attachment was closed.');
    expect(exitText({ exitCode: 0 })).toBe('Ended with exit code 0.');
  });

  it('has a Ctrl key that holds for one letter', async () => {
    await open();
    terminal.isControlHeld.value = true;
    terminal.type('c');
    terminal.type('c');
    expect(remote.typed).toEqual(['\x03', 'c']);
    expect([' ', '[', '?', '1', 'ab'].map(withControl)).toEqual(['\0', '\x1B', '\x7F', '1', 'ab']);
  });
});

describe('several terminals', () => {
  const screens: FakeScreen[] = [];
  const create = (): FakeScreen => {
    screens.push(new FakeScreen());
    return screens.at(-1) ?? screen;
  };

  it('stand in tabs, survive a break, and are ended with their tab', async () => {
    const states = new AsyncQueue<{ phase: 'open' } | { phase: 'reconnecting'; reason: string }>();
    const remotes: FakeTerminal[] = [];
    const openTerminal = async (): Promise<RemoteTerminal> => {
      const opened = new FakeTerminal();
      remotes.push(opened);
      return opened as unknown as RemoteTerminal;
    };
    const store = new TerminalsStore({ openTerminal, states: () => states }, create);
    const following = store.follow();
    states.push({ phase: 'open' });
    const first = store.add();
    const second = store.add();
    expect(store.active.value).toBe(second);
    await expect.poll(() => second.terminal.phase.value.name, PATIENTLY).toBe('open');

    for (const opened of remotes) opened.isLinked = false;
    states.push({ phase: 'reconnecting', reason: 'the socket broke' });
    await expect.poll(() => store.away.value, PATIENTLY).toBe('the socket broke');
    first.terminal.type('kept');
    for (const opened of remotes) opened.isLinked = true;
    states.push({ phase: 'open' });
    await expect.poll(() => remotes[0]?.typed, PATIENTLY).toEqual(['kept']);
    expect(store.away.value).toBeUndefined();
    expect(store.returns.value).toBe(1);

    store.close(second);
    expect(remotes[1]?.isKilled).toBe(true);
    expect(second.screen.isDisposed).toBe(true);
    expect(store.active.value).toBe(first);
    states.finish();
    await following;
  });
});
