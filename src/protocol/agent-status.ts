/** A way of working that an agent offers, such as to plan only. It has nothing to do with permission modes. */
export interface AgentMode {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
}

/** A command of an agent's own: an input whose text begins with `/name`. */
export interface AgentCommand {
  readonly name: string;
  readonly description: string;
  /** What to write after the name. */
  readonly hint?: string;
}

/** What an agent tells of a runtime; shown as `agent_status` in the device status. */
export interface AgentStatus {
  readonly title?: string;
  readonly model?: string;
  readonly current_mode?: string;
  readonly modes?: readonly AgentMode[];
  readonly commands?: readonly AgentCommand[];
}
