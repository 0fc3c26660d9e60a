import type { Runtime } from './runtime.js';

/** Values by runtime, for where each frame asks: it is looked up by its two ids as they are, without a key made of both. */
export class RuntimeMap<T> {
  private readonly agents = new Map<string | null, Map<string, T>>();

  get({ agent_id, conversation_id }: Runtime): T | undefined {
    return this.agents.get(agent_id)?.get(conversation_id);
  }

  set({ agent_id, conversation_id }: Runtime, value: T): void {
    const conversations = this.agents.get(agent_id) ?? new Map<string, T>();
    this.agents.set(agent_id, conversations.set(conversation_id, value));
  }

  delete({ agent_id, conversation_id }: Runtime): void {
    const conversations = this.agents.get(agent_id);
    conversations?.delete(conversation_id);
    if (conversations?.size === 0) this.agents.delete(agent_id);
  }

  *values(): IterableIterator<T> {
    for (const conversations of this.agents.values()) yield* conversations.values();
  }
}
