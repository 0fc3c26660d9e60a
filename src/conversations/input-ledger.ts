import { randomUUID } from 'node:crypto';
import type { InputMessage } from '../protocol/index.js';
import { BoundedMap } from './bounded-map.js';
import type { NamedMessage } from './input-queue.js';

/** What an accepted input is told. */
export interface InputAnswer {
  readonly accepted: true;
  readonly disposition: 'started' | 'queued';
}

/** Which messages one runtime has accepted, and what it said: a repeated one is not run again (reliability C21). */
export class InputLedger {
  private readonly answers: BoundedMap<InputAnswer>;

  /** @param bound messages it remembers */
  constructor(bound: number) {
    this.answers = new BoundedMap(bound);
  }

  /** The messages that are new, each with an id, and the answer that the first of the others got. */
  sortOut(messages: readonly InputMessage[]): {
    readonly fresh: NamedMessage[];
    readonly earlier: InputAnswer | undefined;
  } {
    const fresh = new Map<string, NamedMessage>();
    let earlier: InputAnswer | undefined;
    for (const message of messages) {
      const id = message.client_message_id ?? `cm-${randomUUID()}`;
      const answer = this.answers.get(id);
      earlier ??= answer;
      if (!answer) fresh.set(id, { ...message, client_message_id: id });
    }
    return { fresh: [...fresh.values()], earlier };
  }

  remember(messages: readonly NamedMessage[], answer: InputAnswer): void {
    for (const { client_message_id } of messages) this.answers.set(client_message_id, answer);
  }
}
