/** The agent is not there, or not any more: it did not start, ended by itself, or was ended because it hung. */
export class AgentGoneError extends Error {
  override readonly name = 'AgentGoneError';
}
