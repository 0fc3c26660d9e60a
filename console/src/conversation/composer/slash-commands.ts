import type { AgentCommand, AgentMode } from 'twinlane/protocol';

/** Something that can stand behind a slash. */
export interface SlashEntry {
  /** What is typed, with the slash. */
  readonly text: string;
  readonly description: string;
}

/** What a line that begins with a slash means here; whatever is not one of ours is an input like any. */
export type SlashLine =
  | { readonly kind: 'input' }
  | { readonly kind: 'mode'; readonly mode: string }
  | { readonly kind: 'agent-mode'; readonly mode: string }
  | { readonly kind: 'abort' }
  | { readonly kind: 'new' };

const MEANS: Readonly<Record<string, string>> = {
  unrestricted: 'nothing is asked',
  acceptEdits: 'asked before something runs',
  standard: 'asked before something is changed or runs',
  strict: 'asked before everything, reading too; clients change and run nothing by themselves',
};

/** What a permission mode of the protocol means; empty for others. */
export function meaningOfMode(mode: string): string {
  return MEANS[mode] ?? '';
}

export function readSlash(line: string): SlashLine {
  const [, name = '', rest = ''] = /^\/(\S+)\s*(\S*)\s*$/.exec(line) ?? [];
  if (name === 'mode' && rest !== '') return { kind: 'mode', mode: rest };
  if (name === 'agent-mode' && rest !== '') return { kind: 'agent-mode', mode: rest };
  if ((name === 'abort' || name === 'new') && rest === '') return { kind: name };
  return { kind: 'input' };
}

interface Offered {
  readonly modes: readonly string[];
  readonly agentModes: readonly AgentMode[];
  readonly commands: readonly AgentCommand[];
}

/** What the begin of a line may become; none where it does not begin with a slash, or is complete. */
export function slashEntries(line: string, { modes, agentModes, commands }: Offered): readonly SlashEntry[] {
  if (!/^\/\S*(?: \S*)?$/.test(line)) return [];
  const all: SlashEntry[] = [
    ...modes.map((mode) => ({ text: `/mode ${mode}`, description: meaningOfMode(mode) })),
    ...agentModes.map(({ id, name, description }) => ({ text: `/agent-mode ${id}`, description: description ?? name })),
    { text: '/abort', description: 'end the turn under way' },
    { text: '/new', description: 'begin a conversation' },
    ...commands.map(({ name, description, hint }) => ({
      text: `/${name}`,
      description: hint === undefined ? description : `${description} (${hint})`,
    })),
  ];
  return all.filter(({ text }) => text.startsWith(line) && text !== line);
}
