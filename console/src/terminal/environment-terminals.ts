import { effect, untracked } from '@preact/signals';
import type { Attachment } from 'twinlane/client';
import { TerminalsStore } from './terminals.store.js';
import type { XtermScreen } from './xterm-screen.js';

/** An attachment that may be another one later, as the page of an environment has it. */
interface Attachments {
  readonly attachment: { readonly value: Attachment | undefined };
  /** It stays while something goes on over it. @returns it has ended */
  keep(what: string): () => void;
}

/** A terminal ends with its attachment, so the terminals of one are known for as long as it is. */
const stores = new WeakMap<Attachment, TerminalsStore<XtermScreen>>();

/** The terminals of the attachment that a page has at the moment; undefined while it has none. It is kept while one of them runs. */
export function terminalsOf(
  attachments: Attachments,
  createScreen: () => XtermScreen,
): TerminalsStore<XtermScreen> | undefined {
  const { value: attachment } = attachments.attachment;
  if (!attachment) return undefined;
  const known = stores.get(attachment);
  if (known) return known;
  const store = new TerminalsStore(attachment, createScreen);
  stores.set(attachment, store);
  void store.follow();
  keepWhileRunning(attachments, store.running);
  return store;
}

function keepWhileRunning(attachments: Attachments, running: { readonly value: number }): void {
  effect(() => {
    const { value: count } = running;
    if (count === 0) return undefined;
    return untracked(() => attachments.keep(count === 1 ? '1 terminal' : `${count} terminals`));
  });
}
