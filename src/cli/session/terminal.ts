import {
  clearScreenDown,
  createInterface,
  emitKeypressEvents,
  type Interface,
  type Key,
  moveCursor,
} from 'node:readline';
import type { CliIo } from '../cli-io.js';
import { Output, type OutputStream } from '../output.js';
import { type Paint, paintFor } from '../paint.js';
import { Keys } from './keys.js';
import { LentScreen, type ScreenReader } from './lent-screen.js';
import { StatusLine } from './status-line.js';

/** Why there is no line: Ctrl-C twice, or the end of input (Ctrl-D, or the terminal has gone). */
export type NoLine = { readonly left: 'interrupted' | 'ended' };

type Offered = (error: null, completion: [string[], string]) => void;

const CTRL_D = '\u0004';
/** Keys that are kept for the next prompt: text, the end of a line, the end of input. */
const isKept = (text: string): boolean => text === CTRL_D || /^(?:\P{Cc}+|[\r\n])$/u.test(text);

/** How to come by what Ctrl-C has kept from being sent. */
const NOT_SENT = 'What was typed ahead is not sent now; the up key brings it back.';
const INTERRUPT_HINT = 'Ctrl-C again leaves, and so does Ctrl-D.';

/**
 * A person's terminal: a line editor while the prompt is shown, single keys otherwise. What is typed while there is no prompt
 * is kept for the next one; it never answers a question that was not asked yet.
 */
export class Terminal {
  /** Everything that is shown goes here; it keeps clear of a line that is being edited. */
  readonly output: Output;
  /** Below what is shown, until something more is; not while a line is edited. */
  readonly statusLine: StatusLine;
  readonly paint: Paint;
  /** Told of Ctrl-C while no line is edited. */
  interrupted: () => void = () => {};
  /** What the Tab key offers for a line, and the end of it that each offer replaces. */
  complete: (line: string) => Promise<[readonly string[], string]> = async (line) => [[], line];
  private readonly keys: Keys;
  private editor: Interface | undefined;
  private onKey: ((key: string) => void) | undefined;
  /** What waits for a key. */
  private question: string | undefined;
  /** Whether the question stands below what came after it, of which `output` knows nothing. */
  private isAskedAgain = false;
  private lent: LentScreen | undefined;
  /** What was to be shown while the terminal was lent, and who waits for room. */
  private readonly held: string[] = [];
  private readonly waiting: (() => void)[] = [];
  private ahead = '';
  /** Whole lines that were typed or pasted ahead. */
  private readonly lines: string[] = [];
  private readonly history: string[];

  /** @param history the oldest first */
  constructor(
    private readonly io: CliIo,
    history: readonly string[],
    private readonly historySize: number,
  ) {
    this.history = history.toReversed();
    this.statusLine = new StatusLine(io.stdout);
    this.paint = paintFor(io.stdout, io.env);
    this.output = new Output(this.guarded());
    this.keys = new Keys(io.stdin);
    emitKeypressEvents(this.keys);
    this.keys.on('keypress', this.keypress);
    this.listenForKeys();
  }

  /**
   * Lets a line be edited.
   *
   * @param signal takes the prompt away
   * @returns undefined when the signal came first
   */
  async readLine(prompt: string, signal: AbortSignal): Promise<string | NoLine | undefined> {
    if (signal.aborted) return undefined;
    await this.output.endLine();
    const waiting = this.lines.shift();
    if (waiting !== undefined) {
      this.io.stdout.write(`${prompt}${waiting}\n`);
      this.remember(waiting);
      return waiting;
    }
    const { keys: input } = this;
    const { stdout: output } = this.io;
    const { history, historySize } = this;
    const editor = createInterface({
      input,
      output,
      terminal: true,
      prompt,
      history: [...history],
      historySize,
      removeHistoryDuplicates: true,
      completer: (line: string, show: Offered) => void this.offer(line, show),
    });
    this.editor = editor;
    try {
      return await this.edit(editor, signal);
    } finally {
      this.editor = undefined;
      editor.close();
      this.listenForKeys();
    }
  }

  /** Shows another prompt before the line that is being edited, if any. */
  showPrompt(prompt: string): void {
    if (!this.editor || this.editor.getPrompt() === prompt) return;
    this.editor.setPrompt(prompt);
    this.clear(this.editor);
    this.editor.prompt(true);
  }

  /**
   * The first of some keys that is pressed from now on.
   *
   * @param question that was shown; it is shown again below whole lines that come meanwhile
   * @returns undefined when the signal came first
   */
  readKey(keys: readonly string[], signal: AbortSignal, question: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const settle = (key: string | undefined): void => {
        this.onKey = undefined;
        this.question = undefined;
        signal.removeEventListener('abort', gone);
        resolve(key);
      };
      const gone = (): void => settle(undefined);
      if (signal.aborted) return resolve(undefined);
      signal.addEventListener('abort', gone, { once: true });
      this.question = question;
      this.onKey = (key) => {
        if (keys.includes(key)) settle(key);
      };
    });
  }

  /** Lends the terminal to a program that is given every key; everything else that is to be shown waits until `takeBack`. */
  lend(reader: ScreenReader): LentScreen {
    this.keys.rest();
    this.lent = new LentScreen(this.io, reader);
    this.listenForKeys();
    return this.lent;
  }

  takeBack(screen: LentScreen): void {
    screen.end();
    this.lent = undefined;
    this.keys.goOn();
    if (screen.isInLine) this.io.stdout.write('\r\n');
    for (const text of this.held.splice(0)) this.io.stdout.write(text);
    for (const goOn of this.waiting.splice(0)) goOn();
  }

  /** Drops whole lines that were typed ahead: they must not answer what is asked now. */
  forgetLines(): void {
    this.lines.length = 0;
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.lent?.end();
    this.editor?.close();
    this.keys.off('keypress', this.keypress);
    this.keys.rest();
    this.io.stdin.setRawMode?.(false);
    this.io.stdin.pause();
  }

  private async offer(line: string, show: Offered): Promise<void> {
    try {
      const [offers, replaced] = await this.complete(line);
      show(null, [[...offers], replaced]);
    } catch {
      // Nothing to offer is no reason to disturb whoever is typing.
      show(null, [[], line]);
    }
  }

  private edit(editor: Interface, signal: AbortSignal): Promise<string | NoLine | undefined> {
    return new Promise((resolve) => {
      let warned = false;
      let line: string | undefined;
      const gone = (): void => {
        this.clear(editor);
        resolve(undefined);
      };
      signal.addEventListener('abort', gone, { once: true });
      editor.on('line', (text) => {
        if (line !== undefined) return void this.lines.push(text);
        line = text;
        this.remember(text);
        resolve(text);
      });
      editor.on('SIGINT', () => {
        if (editor.line !== '') {
          editor.write(null, { ctrl: true, name: 'e' });
          editor.write(null, { ctrl: true, name: 'u' });
        } else if (warned) resolve({ left: 'interrupted' });
        else {
          warned = true;
          void this.output.line(INTERRUPT_HINT);
        }
      });
      editor.once('close', () => {
        signal.removeEventListener('abort', gone);
        if (line === undefined && !signal.aborted) this.io.stdout.write('\n');
        resolve({ left: 'ended' });
      });
      editor.prompt();
      this.typeAhead(editor);
    });
  }

  private typeAhead(editor: Interface): void {
    const [text = '', ...afterEnd] = this.ahead.split(CTRL_D);
    this.ahead = '';
    if (text !== '') editor.write(text);
    if (afterEnd.length > 0) editor.write(null, { ctrl: true, name: 'd' });
  }

  /** Whoever interrupts did not mean what was to come after it to run; nor did they mean to lose it. */
  private keepBack(): void {
    const [text = ''] = this.ahead.split(CTRL_D);
    const typed = text.split('\n');
    this.ahead = typed.pop() ?? '';
    const whole = [...this.lines.splice(0), ...typed].filter((line) => line.trim() !== '');
    for (const line of whole) this.remember(line);
    if (whole.length > 0) void this.output.line(NOT_SENT);
  }

  private remember(line: string): void {
    if (line.trim() === '' || line.startsWith(' ') || this.history[0] === line) return;
    this.history.unshift(line);
  }

  /** Without a line editor the terminal would echo what is typed into the output, and turn Ctrl-C into a signal. */
  private listenForKeys(): void {
    this.io.stdin.setRawMode?.(true);
    this.io.stdin.resume();
    this.keys.resume();
  }

  private readonly keypress = (text: string | undefined, key: Key): void => {
    if (this.editor) return;
    if (key.ctrl === true && key.name === 'c') {
      this.keepBack();
      return this.interrupted();
    }
    if (this.onKey) return this.onKey((key.name ?? text ?? '').toLowerCase());
    if (text !== undefined && isKept(text)) this.ahead += text === '\r' ? '\n' : text;
    else if (key.name === 'backspace') this.ahead = this.ahead.slice(0, -1);
  };

  private clear(editor: Interface): void {
    const { rows } = editor.getCursorPos();
    if (rows > 0) moveCursor(this.io.stdout, 0, -rows);
    this.io.stdout.write('\r');
    clearScreenDown(this.io.stdout);
  }

  /** A text, with the question that is still to be answered below it. */
  private withQuestion(text: string): string {
    const { question, isAskedAgain } = this;
    this.isAskedAgain = question !== undefined && text.endsWith('\n');
    if (question === undefined) return text;
    return `${isAskedAgain ? '\n' : ''}${text}${this.isAskedAgain ? question : ''}`;
  }

  private guarded(): OutputStream {
    const { stdout } = this.io;
    return {
      write: (text) => {
        const { editor } = this;
        if (this.lent) return this.held.push(text) < 0;
        if (!editor) return this.statusLine.write(this.withQuestion(text));
        this.clear(editor);
        const hasRoom = stdout.write(text.endsWith('\n') ? text : `${text}\n`);
        editor.prompt(true);
        return hasRoom;
      },
      on: (event, listener) => stdout.on(event, listener),
      once: (event, listener) => (this.lent ? this.waiting.push(listener) : stdout.once(event, listener)),
    };
  }
}
