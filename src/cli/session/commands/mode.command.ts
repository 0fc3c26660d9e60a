import { PERMISSION_MODES, type PermissionMode } from '../../../protocol/index.js';
import { table } from '../../text.js';
import type { SessionCommand } from './session-command.js';

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
  async run(wanted, { attachment, terminal, surroundings }) {
    if (wanted === '') return terminal.output.line(describe(surroundings.mode));
    const mode = PERMISSION_MODES.find((known) => known === wanted);
    const { runtime } = attachment;
    if (mode === undefined || !runtime)
      return terminal.output.line(`There is no mode "${wanted}"; use one of: ${PERMISSION_MODES.join(', ')}.`);
    // Stock devices answer nothing; the mode shows in their status.
    await surroundings.untilMode(mode, attachment.command('change_device_state', { runtime, payload: { mode } }));
    await terminal.output.line(`Mode ${mode}: ${MEANS[mode]}.`);
  },
};

/** @param now undefined before the device has said it */
function describe(now: string | undefined): string {
  const rows = PERMISSION_MODES.map((mode) => [`${mode === now ? '*' : ' '} ${mode}`, MEANS[mode]]);
  return table(rows).trimEnd();
}
