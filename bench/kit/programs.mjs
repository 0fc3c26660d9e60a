// Processes that a bench starts. Each ends with the bench, and no other process is ever ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atExit } from './at-exit.mjs';
import { TOKEN } from './token.mjs';

const fromBench = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const HOOK = fromBench('programs/hook.mjs');
const BIN = fromBench('../bin/twinlane.js');
const START_MS = 30_000;
const STOP_MS = 10_000;

/** One process, which speaks with the bench by messages. */
export class Program {
  out = '';
  messages = [];
  waiting = new Set();

  constructor(args, { namespace, env = {}, name = args[0] } = {}) {
    this.name = name;
    const node = [process.execPath, ...args];
    const [command, ...rest] = namespace ? ['ip', 'netns', 'exec', namespace, ...node] : node;
    this.child = spawn(command, rest, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.undo = atExit(() => this.child.kill('SIGKILL'));
    this.child.stdout.on('data', (part) => {
      this.out += part;
      this.look();
    });
    this.child.on('message', (message) => {
      this.messages.push(message);
      this.look();
    });
    this.exit = once(this.child, 'exit');
    this.ended = this.exit.then(([code, signal]) => {
      this.end = `${this.name} ended (${code ?? signal})`;
      this.look();
    });
  }

  get pid() {
    return this.child.pid;
  }

  /** Sends a message, and resolves with the answer's field of the same name. */
  async ask(name, fields = {}, withinMs = START_MS) {
    this.messages = this.messages.filter((message) => !(name in message));
    this.child.send({ ...fields, ask: name });
    return this.hears(name, withinMs);
  }

  /** Resolves with what a message that has this field says. */
  hears(name, withinMs = START_MS) {
    return this.until(() => this.messages.find((message) => name in message), withinMs, name).then(
      (found) => found[name],
    );
  }

  prints(pattern, withinMs = START_MS) {
    return this.until(() => pattern.exec(this.out), withinMs, String(pattern));
  }

  /** Lets it end by itself, as a profile is written only then; else it is killed. */
  async stop() {
    this.child.send({ ask: 'end' });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(timer);
    this.undo();
  }

  /** SIGTERM, as who runs it does. @returns its exit code */
  async terminate() {
    this.child.kill('SIGTERM');
    const [code] = await this.exit;
    this.undo();
    return code;
  }

  /** Ends it as `kill -9` does. */
  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
    this.undo();
  }

  until(find, withinMs, what) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        settle(value);
      };
      const look = () => {
        const found = find();
        if (found) done(resolve, found);
        else if (this.end) done(reject, new Error(`${this.end}; awaited: ${what}`));
      };
      const timer = setTimeout(
        () => done(reject, new Error(`${this.name}: no ${what} within ${withinMs / 1_000} s`)),
        withinMs,
      );
      this.waiting.add(look);
      look();
    });
  }

  look() {
    for (const look of this.waiting) look();
  }
}

/** A program of `bench/programs`, once it says that it is ready. */
export async function startProgram(name, config, options = {}) {
  const { flags = [], ...rest } = options;
  const program = new Program([...flags, fromBench(`programs/${name}.mjs`), JSON.stringify(config)], { ...rest, name });
  program.ready = await program.hears('ready');
  return program;
}

/** `twinlane relay`, as people run it; its directory also holds histories. */
export async function startRelay(directory, { host = '127.0.0.1', port = 0, flags = [], args = [], ...options } = {}) {
  const env = { HOME: directory, TWINLANE_DATA_DIR: directory, TWINLANE_TOKEN: TOKEN, TWINLANE_LOG_LEVEL: 'warn' };
  const relay = new Program(
    [...flags, '--import', HOOK, BIN, 'relay', '--host', host, '--port', String(port), ...args],
    { ...options, env, name: 'relay' },
  );
  const [url] = await relay.prints(/http:\/\/[\d.]+:\d+/);
  await relay.prints(/Ctrl-C stops/);
  relay.url = url;
  return relay;
}
