import { Dialog } from '../ui/index.js';

const KEYS = [
  ['Ctrl Shift C', 'Copy what is selected'],
  ['Ctrl Shift V', 'Paste'],
  ['Ctrl Shift X', 'Leave the terminal: the next Tab goes on through the page'],
] as const;

/** What keys do in a terminal, and which never get there. */
export function TerminalHelp({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys in a terminal" onClose={onClose}>
      <dl class="terminal-help">
        {KEYS.map(([keys, label]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
      <p>
        All other keys go to the terminal, but those that the browser keeps for itself: <kbd>Ctrl</kbd> <kbd>W</kbd>,{' '}
        <kbd>T</kbd> and <kbd>N</kbd>, <kbd>Ctrl</kbd> <kbd>Tab</kbd>, and what the system takes. Installed as an app,
        or in full screen, the page gets more of them.
      </p>
      <p>
        With a screen reader, switch <em>Read aloud</em> on: what is printed is then announced, and can be read line by
        line.
      </p>
    </Dialog>
  );
}
