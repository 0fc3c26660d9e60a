import { Annotation, Compartment, EditorState, type StateEffect, Transaction } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { codeSetup, editing, languageOf, viewing, type CodeKeys } from './code-setup.js';
import type { OpenFile } from './open-file.store.js';

/** A change that was read from the device, not typed. */
const fromDevice = Annotation.define<boolean>();

/** The parts of a state that are exchanged, the same for every file. */
const mode = new Compartment();
const language = new Compartment();

/** Where somebody was in a file, and what can be undone there. */
interface Place {
  readonly state: EditorState;
  readonly scroll: StateEffect<unknown>;
}

/** Of files that are not shown right now. */
const places = new WeakMap<OpenFile, Place>();

/** The editor of one file: shows what the file holds, and tells it what is typed. */
export class CodeEditor {
  private readonly view: EditorView;
  /** What the editor is known to hold. */
  private shown: string;

  /** @param nonce that the Content-Security-Policy asks of style elements */
  constructor(
    private readonly file: OpenFile,
    private readonly keys: CodeKeys,
    parent: HTMLElement,
    nonce: string,
  ) {
    const place = places.get(file);
    this.shown = file.text ?? '';
    const extensions = [codeSetup(file.path, this.shown, nonce), mode.of(viewing()), language.of([])];
    const state = place?.state ?? EditorState.create({ doc: this.shown, extensions });
    if (place) this.shown = state.sliceDoc();
    this.view = new EditorView({
      state,
      parent,
      dispatchTransactions: (transactions, view) => this.apply(transactions, view),
      ...(place ? { scrollTo: place.scroll } : {}),
    });
    if (!place) void this.highlight();
  }

  /** The file holds this now. What has not changed stays where it is on the screen. */
  show(text: string): void {
    if (text === this.shown) return;
    this.shown = text;
    const { state } = this.view;
    const before = state.doc.toString();
    const next = state.toText(text);
    const after = next.toString();
    const from = commonLength(before, after, (index) => index);
    const most = Math.min(before.length, after.length) - from;
    const same = Math.min(
      most,
      commonLength(before, after, (index, length) => length - 1 - index),
    );
    const insert = next.slice(from, after.length - same);
    const annotations = [fromDevice.of(true), Transaction.addToHistory.of(false)];
    this.view.dispatch({ changes: { from, to: before.length - same, insert }, annotations });
  }

  /** Whether keys change it, from now on. */
  setEditing(isEditing: boolean): void {
    this.view.dispatch({ effects: mode.reconfigure(isEditing ? editing(this.keys) : viewing()) });
    if (isEditing) this.view.focus();
  }

  /** @param number from 1 */
  showLine(number: number): void {
    const { doc } = this.view.state;
    const line = doc.line(Math.min(Math.max(1, number), doc.lines));
    const effects = EditorView.scrollIntoView(line.from, { y: 'center' });
    this.view.dispatch({ selection: { anchor: line.from, head: line.to }, effects });
    this.view.focus();
  }

  /** The file is not shown any more; where one was is kept for the next time. */
  close(): void {
    places.set(this.file, { state: this.view.state, scroll: this.view.scrollSnapshot() });
    this.view.destroy();
  }

  private apply(transactions: readonly Transaction[], view: EditorView): void {
    view.update(transactions);
    if (!transactions.some((one) => one.docChanged && one.annotation(fromDevice) !== true)) return;
    this.shown = view.state.sliceDoc();
    this.file.edit(this.shown);
  }

  private async highlight(): Promise<void> {
    const support = await languageOf(this.file.path);
    if (support) this.view.dispatch({ effects: language.reconfigure(support) });
  }
}

/** How many letters two texts have in common, from one end. @param at where the n-th stands */
function commonLength(a: string, b: string, at: (index: number, length: number) => number): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(at(length, a.length)) === b.charCodeAt(at(length, b.length))) length++;
  return length;
}
