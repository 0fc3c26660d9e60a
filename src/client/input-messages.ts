import type { InputMessage } from '../protocol/index.js';
import { randomId } from './random-id.js';

/** Messages of an input; those without an id are given one, so that the device recognises a repetition. */
export function withIds(input: string | readonly InputMessage[]): InputMessage[] {
  const messages = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  return messages.map((message) => ({ client_message_id: randomId(), ...message }));
}

export function idsOf(messages: readonly InputMessage[]): ReadonlySet<string> {
  return new Set(messages.flatMap(({ client_message_id: id }) => (id === undefined ? [] : [id])));
}
