import { CopyButton } from './copy-button.js';

/** A line for somebody's terminal, with a button that copies it where the browser can. */
export function CommandLine({ text }: { readonly text: string }) {
  return (
    <div class="command-line">
      {/* It scrolls sideways, so keys must reach it. */}
      <code tabIndex={0} role="group" aria-label="Command line">
        {text}
      </code>
      <CopyButton label="Copy" text={() => text} />
    </div>
  );
}
