import { indent, table, visibleLine } from '../../text.js';
import type { SessionCommand } from './session-command.js';

export const helpCommand: SessionCommand = {
  name: 'help',
  description: 'what can be typed here',
  async run(_args, { commands, surroundings, terminal }) {
    const ours = commands.map(({ name, usage, description }) => row(name, usage, description));
    const theirs = surroundings.agent.commands.map(({ name, hint, description }) => row(name, hint, description));
    await terminal.output.line(`What is typed is an input for the agent, or a command:\n\n${list(ours)}`);
    if (theirs.length > 0) await terminal.output.line(`The agent's own:\n\n${list(theirs)}`);
    await terminal.output.line('Tab completes. //text is an input that begins with a slash.');
  },
};

function row(name: string, usage: string | undefined, description: string): string[] {
  return [visibleLine(usage === undefined ? `/${name}` : `/${name} ${usage}`), visibleLine(description)];
}

function list(rows: readonly string[][]): string {
  return indent(table(rows), '  ');
}
