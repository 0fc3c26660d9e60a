import { randomUUID } from 'node:crypto';
import type { Clock, InputMessage, QueueItem, RemovedQueueItem } from '../protocol/index.js';

/** A message that can be named in `update_queue`: it has an id, if need be one made here. */
export interface NamedMessage extends InputMessage {
  readonly client_message_id: string;
}

/** An accepted input that waits for its turn. */
export interface QueuedInput {
  readonly item: QueueItem;
  readonly messages: readonly NamedMessage[];
}

/** The inputs of one runtime that wait, oldest first. */
export class InputQueue {
  private waiting: QueuedInput[] = [];

  constructor(private readonly clock: Clock) {}

  get length(): number {
    return this.waiting.length;
  }

  get items(): readonly QueueItem[] {
    return this.waiting.map(({ item }) => item);
  }

  push(messages: readonly NamedMessage[]): void {
    const [first, ...more] = messages;
    if (!first) return;
    const item: QueueItem = {
      id: `queue-${randomUUID()}`,
      client_message_id: first.client_message_id,
      kind: 'message',
      content: more.length === 0 ? first.content : messages.map(({ content }) => content),
      enqueued_at: new Date(this.clock.now()).toISOString(),
    };
    this.waiting.push({ item, messages });
  }

  shift(): QueuedInput | undefined {
    return this.waiting.shift();
  }

  remove(itemId: string): QueuedInput | undefined {
    const found = this.waiting.find(({ item }) => item.id === itemId);
    this.waiting = this.waiting.filter((input) => input !== found);
    return found;
  }

  clear(): readonly QueuedInput[] {
    return this.waiting.splice(0);
  }
}

/** What `update_queue` says of inputs that have left: one entry per message. */
export function removed(
  inputs: readonly QueuedInput[],
  disposition: RemovedQueueItem['disposition'],
): readonly RemovedQueueItem[] {
  return inputs.flatMap(({ messages }) =>
    messages.map(({ client_message_id }) => ({ client_message_id, disposition })),
  );
}
