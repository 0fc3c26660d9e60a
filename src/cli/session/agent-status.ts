import { type AgentCommand, type AgentMode, type AgentStatus, isRecord } from '../../protocol/index.js';

/** What an agent tells of itself; what it has not told is empty. */
export interface KnownAgentStatus extends AgentStatus {
  readonly commands: readonly AgentCommand[];
  readonly modes: readonly AgentMode[];
}

/** @param status `agent_status` of a device status: stock devices and agents without one send none */
export function readAgentStatus(status: unknown): KnownAgentStatus {
  const raw = isRecord(status) ? status : {};
  const current_mode = textIn(raw, 'current_mode');
  return {
    commands: recordsIn(raw['commands']).flatMap(commandIn),
    modes: recordsIn(raw['modes']).flatMap(modeIn),
    ...(current_mode === undefined ? {} : { current_mode }),
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
