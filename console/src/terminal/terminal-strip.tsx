import { Button, Mark } from '../ui/index.js';
import { exitText, type TerminalStore } from './terminal.store.js';

interface TerminalStripProps {
  readonly terminal: TerminalStore;
  /** Why there is no link; undefined while there is one. */
  readonly away: string | undefined;
  readonly onAgain: () => void;
}

/** What one must know of a terminal, in one line; nothing while all is well. */
export function TerminalStrip({ terminal, away, onAgain }: TerminalStripProps) {
  const phase = terminal.phase.value;
  if (phase.name === 'failed')
    return (
      <Strip tone="bad" again={onAgain}>
        {phase.message}
      </Strip>
    );
  if (phase.name === 'ended')
    return (
      <Strip tone={phase.exit.exitCode === 0 ? 'quiet' : 'warn'} again={onAgain}>
        {exitText(phase.exit)}
      </Strip>
    );
  if (away !== undefined) return <Strip tone="warn">{awayText(terminal)}</Strip>;
  return phase.name === 'opening' ? <Strip tone="quiet">Opening…</Strip> : null;
}

/** What was on its way when the link broke is not known: nobody confirms single keys. */
function awayText({ heldLength, hasOverrun }: TerminalStore): string {
  const kept =
    heldLength.value === 0
      ? 'What you type is kept and sent then'
      : `${heldLength.value} characters are kept and sent then`;
  const lost = hasOverrun.value ? ' There is no room for more: the last of it was not taken.' : '';
  return `Not connected. The terminal goes on, and shows what it printed when the link is back. ${kept}; keys pressed in the moment it broke may be lost.${lost}`;
}

interface StripProps {
  readonly tone: 'quiet' | 'warn' | 'bad';
  readonly children: string;
  readonly again?: () => void;
}

function Strip({ tone, children, again }: StripProps) {
  return (
    <div class={`terminal-strip terminal-strip--${tone}`} role="status">
      <Mark tone={tone} />
      <span class="terminal-strip__text">{children}</span>
      {again && <Button onClick={again}>Open another</Button>}
    </div>
  );
}
