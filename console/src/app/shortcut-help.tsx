import { Dialog } from '../ui/index.js';
import { shortcuts } from './shortcuts.js';

/** Keys that lists, menus and tabs have anywhere. */
const EVERYWHERE = [
  ['↑ ↓', 'Through a list'],
  ['Enter', 'Open'],
  ['Esc', 'Close'],
] as const;

export function ShortcutHelp({ onClose }: { readonly onClose: () => void }) {
  const known = [...shortcuts.value.map(({ key, label }) => [key, label] as const), ...EVERYWHERE];
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="shortcut-help">
        {known.map(([key, label]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
