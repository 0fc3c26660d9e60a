import { PERMISSION_MODES, type PermissionMode } from '../../../protocol/index.js';
import { table, visibleLine } from '../../text.js';
import type { KnownAgentStatus } from '../agent-status.js';
import { agentModeTable } from './agent-mode.command.js';
import type { SessionCommand, SessionContext } from './session-command.js';

const MEANS: Readonly<Record<PermissionMode, string>> = {
  unrestricted: 'nothing is asked',
  acceptEdits: 'asked before something runs',
  standard: 'asked before something is changed or runs',
  strict: 'asked before everything, reading too; clients change and run nothing by themselves',
};

export const modeCommand: SessionCommand = {
  name: 'mode',
  usage: '[name]',
  description: 'show or change what is asked before the agent does it',
  complete: () => PERMISSION_MODES,
  async run(wanted, context) {
    const { attachment, terminal, surroundings } = context;
    if (wanted === '') return show(context);
    const mode = PERMISSION_MODES.find((known) => known === wanted);
    const { runtime } = attachment;
    if (mode === undefined || !runtime) return terminal.output.line(noMode(wanted, surroundings.agent));
    // Stock devices answer nothing; the mode shows in their status.
    const answer = attachment.command('change_device_state', { runtime, payload: { mode } });
    await surroundings.until(() => surroundings.mode === mode, answer);
    await terminal.output.line(`Mode ${mode}: ${MEANS[mode]}.`);
  },
};

async function show({ terminal, surroundings: { mode: now, agent } }: SessionContext): Promise<void> {
  const rows = PERMISSION_MODES.map((mode) => [`${mode === now ? '*' : ' '} ${mode}`, MEANS[mode]]);
  await terminal.output.line(table(rows).trimEnd());
  if (agent.modes.length === 0) return;
  await terminal.output.line(`\nThe agent's own modes; /agent-mode changes them:\n\n${agentModeTable(agent)}`);
}

function noMode(wanted: string, { modes }: KnownAgentStatus): string {
  const known = `There is no mode "${visibleLine(wanted)}"; use one of: ${PERMISSION_MODES.join(', ')}.`;
  return modes.some(({ id }) => id === wanted) ? `${known} /agent-mode changes the agent's own.` : known;
}
