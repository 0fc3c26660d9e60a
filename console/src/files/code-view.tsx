import { useLayoutEffect, useRef } from 'preact/hooks';
import { CodeEditor } from './code-editor.js';
import './code-view.css';
import type { OpenFile } from './open-file.store.js';

interface CodeViewProps {
  readonly file: OpenFile;
  readonly isEditing: boolean;
  readonly onSave: () => void;
}

/**
 * A text with its highlighting, to look at or to edit. Rendered anew for another file (`key`). All before the next key can come: who types
 * right after "Edit" types into the text.
 */
export function CodeView({ file, isEditing, onSave }: CodeViewProps) {
  const parent = useRef<HTMLDivElement>(null);
  const editor = useRef<CodeEditor | undefined>(undefined);
  const save = useRef(onSave);
  save.current = onSave;
  useLayoutEffect(() => {
    if (!parent.current) return undefined;
    const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? '';
    const created = new CodeEditor(file, { save: () => save.current() }, parent.current, nonce);
    editor.current = created;
    return () => created.close();
  }, [file]);
  const { value: content } = file.content;
  const { value: draft } = file.draft;
  // As the file is when this runs, which may be later than what was rendered: more was typed meanwhile.
  useLayoutEffect(() => editor.current?.show(file.text ?? ''), [file, content, draft]);
  useLayoutEffect(() => editor.current?.setEditing(isEditing), [file, isEditing]);
  const goal = file.goal.value;
  useLayoutEffect(() => {
    if (!goal) return;
    editor.current?.showLine(goal.line);
    // Once: who comes back to the file is where they were.
    if (file.goal.peek() === goal) file.goal.value = undefined;
  }, [file, goal]);
  return <div class="code-view" ref={parent} />;
}
