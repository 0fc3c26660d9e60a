import type { SessionCommand } from './session-command.js';

/** The same under each name that people try. */
const leaving = (name: string, description: string): SessionCommand => ({
  name,
  description,
  async run(_args, { leave }) {
    leave();
  },
});

export const exitCommand = leaving('exit', 'leave; the conversation can be taken up again');
export const quitCommand = leaving('quit', 'the same');
