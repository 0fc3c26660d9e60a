import { randomUUID } from 'node:crypto';
import type { InputMessage } from '../protocol/index.js';
import type { InputAnswer } from './input-ledger.js';
import type { NamedMessage } from './input-queue.js';

/**
 * The messages that are new, each with an id, and the answer that the first of the others got: a repeated one is not run
 * again (reliability C21).
 */
export function freshMessages(
  messages: readonly InputMessage[],
  answerTo: (messageId: string) => InputAnswer | undefined,
): { readonly fresh: readonly NamedMessage[]; readonly earlier: InputAnswer | undefined } {
  const fresh = new Map<string, NamedMessage>();
  let earlier: InputAnswer | undefined;
  for (const message of messages) {
    const id = message.client_message_id ?? `cm-${randomUUID()}`;
    const answer = answerTo(id);
    earlier ??= answer;
    if (!answer) fresh.set(id, { ...message, client_message_id: id });
  }
  return { fresh: [...fresh.values()], earlier };
}
