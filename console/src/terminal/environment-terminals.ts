import type { Attachment } from 'twinlane/client';
import { TerminalsStore } from './terminals.store.js';
import type { XtermScreen } from './xterm-screen.js';

/** An attachment that may be another one later, as the page of an environment has it. */
interface Attachments {
  readonly attachment: { readonly value: Attachment | undefined };
}

/** A terminal ends with its attachment, so the terminals of one are known for as long as it is. */
const stores = new WeakMap<Attachment, TerminalsStore<XtermScreen>>();

/** The terminals of the attachment that a page has at the moment; undefined while it has none. */
export function terminalsOf(
  { attachment: { value: attachment } }: Attachments,
  createScreen: () => XtermScreen,
): TerminalsStore<XtermScreen> | undefined {
  if (!attachment) return undefined;
  const known = stores.get(attachment);
  if (known) return known;
  const store = new TerminalsStore(attachment, createScreen);
  stores.set(attachment, store);
  void store.follow();
  return store;
}
