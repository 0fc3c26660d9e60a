import { isRecord } from '../../protocol/index.js';

/** A command that the agent itself knows: an input that begins with `/name`. */
export interface AgentCommand {
  readonly name: string;
  readonly description: string;
  readonly hint?: string;
}

/** A way of working that the agent offers; it has nothing to do with permission modes. */
export interface AgentMode {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
}

/** What an agent tells of itself, as far as a session shows it. */
export interface AgentStatus {
  readonly commands: readonly AgentCommand[];
  readonly modes: readonly AgentMode[];
  /** Id of the mode in which it works; undefined where it has not said so. */
  readonly mode: string | undefined;
}

/** @param status `agent_status` of a device status: stock devices and agents without one send none */
export function readAgentStatus(status: unknown): AgentStatus {
  const raw = isRecord(status) ? status : {};
  return {
    commands: recordsIn(raw['commands']).flatMap(commandIn),
    modes: recordsIn(raw['modes']).flatMap(modeIn),
    mode: textIn(raw, 'current_mode'),
  };
}

function commandIn(raw: Raw): AgentCommand[] {
  const [name, hint] = [textIn(raw, 'name'), textIn(raw, 'hint')];
  if (name === undefined) return [];
  return [{ name, description: textIn(raw, 'description') ?? '', ...(hint === undefined ? {} : { hint }) }];
}

function modeIn(raw: Raw): AgentMode[] {
  const [id, description] = [textIn(raw, 'id'), textIn(raw, 'description')];
  if (id === undefined) return [];
  return [{ id, name: textIn(raw, 'name') ?? id, ...(description === undefined ? {} : { description }) }];
}

type Raw = Readonly<Record<string, unknown>>;

function recordsIn(list: unknown): Raw[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function textIn(raw: Raw, field: string): string | undefined {
  const value = raw[field];
  return typeof value === 'string' ? value : undefined;
}
