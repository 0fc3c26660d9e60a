import { useState } from 'preact/hooks';
import { IconButton } from './button.js';

const SHOWN_MS = 1_500;

/** A line for somebody's terminal, with a button that copies it where the browser can. */
export function CommandLine({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <div class="command-line">
      {/* It scrolls sideways, so keys must reach it. */}
      <code tabIndex={0} role="group" aria-label="Command line">
        {text}
      </code>
      {/* Only on secure pages, and on this machine. */}
      {'clipboard' in navigator && (
        <IconButton icon={copied ? 'check' : 'copy'} label={copied ? 'Copied' : 'Copy'} onClick={() => void copy()} />
      )}
    </div>
  );
}
