import { useEffect, useState } from 'preact/hooks';
import { IconButton } from './button.js';

/** How long a button says what came of it, in ms. */
const SHOWN_MS = 1_500;

const OUTCOMES = { copied: 'Copied', refused: 'This browser does not let the page copy; select it instead' } as const;

/** Copies a text where the browser can: on secure pages, and on this machine. */
export function CopyButton({ label, text }: { readonly label: string; readonly text: () => string }) {
  const [outcome, setOutcome] = useState<keyof typeof OUTCOMES>();
  useEffect(() => {
    if (outcome === undefined) return undefined;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  if (!('clipboard' in navigator)) return null;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setOutcome('copied');
    } catch {
      // Refused by whoever uses the browser, or the page has no focus.
      setOutcome('refused');
    }
  };
  return (
    <IconButton
      icon={outcome === 'copied' ? 'check' : 'copy'}
      label={outcome === undefined ? label : OUTCOMES[outcome]}
      onClick={() => void copy()}
    />
  );
}
