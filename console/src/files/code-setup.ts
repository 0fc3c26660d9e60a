import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, LanguageDescription, type LanguageSupport, syntaxHighlighting } from '@codemirror/language';
import { languages } from '@codemirror/language-data';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { classHighlighter } from '@lezer/highlight';
import { lineEndOf } from './line-ends.js';
import { nameOf } from './paths.js';

export interface CodeKeys {
  readonly save: () => void;
}

/** What every file that is shown has, whether it is edited or not. Colours are in `code-view.css`. */
export function codeSetup(path: string, text: string, nonce: string): Extension {
  return [
    EditorView.cspNonce.of(nonce),
    EditorState.lineSeparator.of(lineEndOf(text)),
    EditorView.contentAttributes.of({ 'aria-label': `Content of ${path}`, spellcheck: 'false' }),
    // Also while it is only looked at: what is edited again can still be undone.
    history(),
    lineNumbers(),
    highlightSpecialChars(),
    highlightSelectionMatches(),
    bracketMatching(),
    search({ top: true }),
    syntaxHighlighting(classHighlighter),
  ];
}

/** What a file has besides while it is only looked at: the keys still reach it, a phone's keyboard stays away. */
export function viewing(): Extension {
  return [
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.contentAttributes.of({
      tabindex: '0',
      role: 'textbox',
      'aria-multiline': 'true',
      'aria-readonly': 'true',
    }),
    keymap.of([...searchKeymap, ...defaultKeymap]),
  ];
}

/** What a file has besides while it is edited. */
export function editing({ save }: CodeKeys): Extension {
  const saves = (): boolean => {
    save();
    return true;
  };
  return [
    drawSelection(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    keymap.of([{ key: 'Mod-s', run: saves }, ...searchKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
  ];
}

/** How a file of that name is highlighted; undefined where nobody knows. Fetched when it is wanted first. */
export async function languageOf(path: string): Promise<LanguageSupport | undefined> {
  return LanguageDescription.matchFilename(languages, nameOf(path))?.load();
}
