import { randomUUID } from 'node:crypto';
import type { InputMessage, QueueItem, RemovedQueueItem } from '../protocol/index.js';

/** A message that can be named in `update_queue`: it has an id, if need be one made here. */
export interface NamedMessage extends InputMessage {
  readonly client_message_id: string;
}

/** What was accepted as one input: its messages, and what the queue shows of it while it waits. */
export interface AcceptedInput {
  readonly item: QueueItem;
  readonly messages: readonly NamedMessage[];
}

/**
 * @param enqueuedAt ISO 8601
 * @param id where the input has one, of an earlier process
 */
export function acceptedInput(
  messages: readonly NamedMessage[],
  enqueuedAt: string,
  id = `queue-${randomUUID()}`,
): AcceptedInput {
  const [first, ...more] = messages;
  const content = first && more.length === 0 ? first.content : messages.map((message) => message.content);
  const named = first ? { client_message_id: first.client_message_id } : {};
  return { item: { id, ...named, kind: 'message', content, enqueued_at: enqueuedAt }, messages };
}

/** The inputs of one runtime that wait, oldest first. */
export class InputQueue {
  private waiting: AcceptedInput[] = [];

  get length(): number {
    return this.waiting.length;
  }

  get items(): readonly QueueItem[] {
    return this.waiting.map(({ item }) => item);
  }

  push(input: AcceptedInput): void {
    this.waiting.push(input);
  }

  shift(): AcceptedInput | undefined {
    return this.waiting.shift();
  }

  remove(itemId: string): AcceptedInput | undefined {
    const found = this.waiting.find(({ item }) => item.id === itemId);
    this.waiting = this.waiting.filter((input) => input !== found);
    return found;
  }

  clear(): readonly AcceptedInput[] {
    return this.waiting.splice(0);
  }
}

/** What `update_queue` says of inputs that have left: one entry per message. */
export function removed(
  inputs: readonly AcceptedInput[],
  disposition: RemovedQueueItem['disposition'],
): readonly RemovedQueueItem[] {
  return inputs.flatMap(({ messages }) =>
    messages.map(({ client_message_id }) => ({ client_message_id, disposition })),
  );
}
