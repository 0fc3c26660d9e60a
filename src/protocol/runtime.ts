import { isRecord } from './frames.js';

/** The scope of most events and commands. `agent_id` can be null (a conversation without an agent of its own). */
export interface Runtime {
  readonly agent_id: string | null;
  readonly conversation_id: string;
}

/** One text per runtime, for maps; unambiguous whatever the ids contain. */
export function runtimeKey(runtime: Runtime): string {
  return JSON.stringify([runtime.agent_id, runtime.conversation_id]);
}

export function isSameRuntime(a: Runtime, b: Runtime): boolean {
  return a.conversation_id === b.conversation_id && a.agent_id === b.agent_id;
}

/** Reads a runtime off the wire; undefined when it is none. Fields beyond the two are left out. */
export function readRuntime(value: unknown): Runtime | undefined {
  if (!isRecord(value)) return undefined;
  const { agent_id = null, conversation_id } = value;
  if (agent_id !== null && typeof agent_id !== 'string') return undefined;
  if (typeof conversation_id !== 'string' || conversation_id === '') return undefined;
  return { agent_id, conversation_id };
}
