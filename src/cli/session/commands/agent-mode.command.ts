import { table, visibleLine } from '../../text.js';
import type { KnownAgentStatus } from '../agent-status.js';
import type { SessionCommand } from './session-command.js';

const NONE =
  'The agent has told of no modes of its own. One that has some does so once an input has begun its session.';

export const agentModeCommand: SessionCommand = {
  name: 'agent-mode',
  usage: '[name]',
  description: "show or change the agent's own mode, such as plan or build",
  complete: (_args, { surroundings }) => surroundings.agent.modes.map(({ id }) => id),
  async run(wanted, { attachment, terminal, surroundings }) {
    const { modes } = surroundings.agent;
    if (modes.length === 0) return terminal.output.line(NONE);
    if (wanted === '') return terminal.output.line(agentModeTable(surroundings.agent));
    const mode = modes.find(({ id }) => id === wanted) ?? modes.find(({ name }) => sameWord(name, wanted));
    const { runtime } = attachment;
    if (!mode || !runtime) {
      const ids = modes.map(({ id }) => visibleLine(id)).join(', ');
      return terminal.output.line(`The agent has no mode "${visibleLine(wanted)}"; use one of: ${ids}.`);
    }
    const answer = attachment.command('change_device_state', { runtime, payload: { agent_mode: mode.id } });
    await surroundings.until(() => surroundings.agent.current_mode === mode.id, answer);
    await terminal.output.line(`The agent's mode is ${visibleLine(mode.name)} now.`);
  },
};

/** The modes of an agent, and which one it works in. */
export function agentModeTable({ modes, current_mode: now }: KnownAgentStatus): string {
  const rows = modes.map(({ id, name, description }) => {
    const means = description ?? (sameWord(id, name) ? '' : name);
    return [`${id === now ? '*' : ' '} ${visibleLine(id)}`, visibleLine(means)];
  });
  return table(rows).trimEnd();
}

function sameWord(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
