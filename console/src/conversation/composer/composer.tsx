import { useMemo, useRef, useState } from 'preact/hooks';
import { Button, Icon, IconButton, messageOf } from '../../ui/index.js';
import { size } from '../text/amounts.js';
import { attach, contentOf, MAX_BYTES, type AttachedFile } from './attachments.js';
import './composer.css';
import { InputHistory } from './input-history.js';
import { slashEntries, type SlashEntry } from './slash-commands.js';

export interface ComposerProps {
  readonly environment: string;
  /** Why nothing can be sent; undefined: it can. */
  readonly blocked: string | undefined;
  /** What can stand behind a slash. */
  readonly offered: Parameters<typeof slashEntries>[1];
  /** @param content of the message @param text what was typed */
  readonly send: (content: unknown, text: string) => void;
  /** Something that could not be attached. */
  readonly complain: (text: string) => void;
}

/** Where somebody types: several lines, what was typed before by the arrows, files by button, paste and drop. */
export function Composer({ environment, blocked, offered, send, complain }: ComposerProps) {
  const [text, setText] = useState('');
  const [files, setFiles] = useState<readonly AttachedFile[]>([]);
  const [chosen, setChosen] = useState(0);
  const [isOver, setIsOver] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const history = useMemo(() => new InputHistory(sessionStorage, `input:${environment}`), [environment]);
  const entries = slashEntries(text, offered);
  const isEmpty = text.trim() === '' && files.length === 0;

  const submit = () => {
    if (isEmpty || blocked !== undefined) return;
    history.add(text);
    send(contentOf(text, files), text);
    setText('');
    setFiles([]);
    area.current?.focus();
  };
  const add = async (list: readonly File[]) => {
    for (const file of list) {
      try {
        const one = await attach(file);
        setFiles((before) => {
          const all = before.reduce((sum, { bytes }) => sum + bytes, one.bytes);
          if (all <= MAX_BYTES) return [...before, one];
          complain(`${file.name} was left out: an input takes ${size(MAX_BYTES)} of files.`);
          return before;
        });
      } catch (error) {
        complain(messageOf(error));
      }
    }
  };
  const complete = (entry: SlashEntry) => {
    setText(entry.text);
    setChosen(0);
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const found = keyAction(event, entries.length > 0, area.current, text);
    if (!found) return;
    const entry = entries[Math.min(chosen, entries.length - 1)];
    if (found === 'send') submit();
    else if (found === 'next' || found === 'previous')
      setChosen((chosen + (found === 'next' ? 1 : entries.length - 1)) % entries.length);
    else if (found === 'complete' && entry) complete(entry);
    else {
      const line = found === 'older' ? history.older(text) : history.newer();
      if (line === undefined) return;
      setText(line);
    }
    event.preventDefault();
  };
  return (
    <form
      class={`composer ${isOver ? 'composer--over' : ''}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(blocked === undefined);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        if (blocked === undefined) void add([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      {entries.length > 0 && (
        <SlashMenu entries={entries} chosen={Math.min(chosen, entries.length - 1)} take={complete} />
      )}
      {files.length > 0 && (
        <ul class="composer__files" aria-label="Files that go with the input">
          {files.map((file, at) => (
            <li key={at}>
              <Icon name="file" size={14} /> {file.name} <span>{size(file.bytes)}</span>
              <IconButton
                icon="close"
                label={`Leave ${file.name} out`}
                onClick={() => setFiles(files.filter((one) => one !== file))}
              />
            </li>
          ))}
        </ul>
      )}
      <div class="composer__row">
        <textarea
          ref={area}
          class="composer__text"
          rows={1}
          aria-label="Input"
          aria-describedby="composer-hint"
          placeholder={blocked ?? 'What is to be done?'}
          disabled={blocked !== undefined}
          value={text}
          spellcheck={false}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setChosen(0);
            history.typed();
          }}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            const pasted = [...(event.clipboardData?.files ?? [])];
            if (pasted.length === 0) return;
            event.preventDefault();
            void add(pasted);
          }}
        />
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            void add([...(event.currentTarget.files ?? [])]);
            event.currentTarget.value = '';
          }}
        />
        <IconButton
          icon="file"
          label="Attach files"
          disabled={blocked !== undefined}
          onClick={() => picker.current?.click()}
        />
        <Button type="submit" kind="primary" disabled={isEmpty || blocked !== undefined}>
          Send
        </Button>
      </div>
      <p id="composer-hint" class="visually-hidden">
        Enter sends, Shift and Enter begins a line, the arrows bring back what was typed before, a slash shows commands,
        Escape twice aborts the turn.
      </p>
    </form>
  );
}

type KeyAction = 'send' | 'older' | 'newer' | 'next' | 'previous' | 'complete';

function keyAction(
  event: KeyboardEvent,
  isMenuOpen: boolean,
  area: HTMLTextAreaElement | null,
  text: string,
): KeyAction | undefined {
  // What an input method is still composing is no key yet.
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === 'Enter' && !event.shiftKey) return isTouch() ? undefined : 'send';
  if (event.shiftKey) return undefined;
  if (isMenuOpen && event.key === 'Tab') return 'complete';
  if (event.key === 'ArrowDown' && isMenuOpen) return 'next';
  if (event.key === 'ArrowUp' && isMenuOpen) return 'previous';
  const at = area?.selectionStart ?? 0;
  if (event.key === 'ArrowUp' && !text.slice(0, at).includes('\n')) return 'older';
  if (event.key === 'ArrowDown' && !text.slice(at).includes('\n')) return 'newer';
  return undefined;
}

/** Where there is no Shift key, Enter begins a line and the button sends. */
function isTouch(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}

interface SlashMenuProps {
  readonly entries: readonly SlashEntry[];
  readonly chosen: number;
  readonly take: (entry: SlashEntry) => void;
}

function SlashMenu({ entries, chosen, take }: SlashMenuProps) {
  return (
    <ul class="slash-menu" aria-label="Commands">
      {entries.map((entry, at) => (
        <li key={entry.text}>
          <button
            type="button"
            tabIndex={-1}
            class={`slash-menu__entry ${at === chosen ? 'slash-menu__entry--chosen' : ''}`}
            onClick={() => take(entry)}
          >
            <code>{entry.text}</code> <span>{entry.description}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
