import type { CompletionContext, SessionCommand } from './session-command.js';

/** How long a device may take to say what can be offered, in ms: until then no key is read. */
export const COMPLETE_WITHIN_MS = 3_000;

/** What the Tab key offers, and the end of the line that each of them replaces. */
export type Completion = [readonly string[], string];

/** Completes the name of a command, or what the command itself says of its arguments. */
export async function completeLine(line: string, context: CompletionContext): Promise<Completion> {
  if (!line.startsWith('/')) return [[], line];
  const [, name = '', args] = /^\/([\w-]*)(?:\s+([^]*))?$/.exec(line) ?? [];
  const { commands, surroundings } = context;
  if (args === undefined) {
    const names = [...commands.map(nameOf), ...surroundings.agent.commands.map(nameOf)];
    return [names.filter((known) => known.startsWith(name)).map((known) => `/${known} `), line];
  }
  const word = args.slice(args.search(/\S*$/));
  const offered = (await commands.find((command) => command.name === name)?.complete?.(args, context)) ?? [];
  return [offered.filter((text) => text.startsWith(word)), word];
}

function nameOf({ name }: Pick<SessionCommand, 'name'>): string {
  return name;
}
