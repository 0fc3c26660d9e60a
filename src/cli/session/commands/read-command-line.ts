import type { SessionCommand } from './session-command.js';

/** What a line means. */
export type CommandLine =
  | { readonly kind: 'command'; readonly command: SessionCommand; readonly args: string }
  /** It looks like a command, and there is none of this name. */
  | { readonly kind: 'unknown'; readonly name: string }
  | { readonly kind: 'input'; readonly text: string };

/** `/name` and what follows: a path such as `/bin/ls` is none, and `//name` is an input that begins with a slash. */
const COMMAND_LINE = /^\/([a-z][\w-]*)(?:\s+([^]*))?$/;

/** @param agentCommands names of commands that the agent itself knows: they are inputs */
export function readCommandLine(
  line: string,
  commands: readonly SessionCommand[],
  agentCommands: readonly string[],
): CommandLine {
  if (line.startsWith('//')) return { kind: 'input', text: line.slice(1) };
  const [, name, args = ''] = COMMAND_LINE.exec(line.trimEnd()) ?? [];
  if (name === undefined) return { kind: 'input', text: line };
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return { kind: 'command', command, args: args.trim() };
  return agentCommands.includes(name) ? { kind: 'input', text: line } : { kind: 'unknown', name };
}
