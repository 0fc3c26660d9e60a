import { visibleLine } from '../../text.js';
import { COMPLETE_WITHIN_MS } from './complete-line.js';
import { here } from './place.js';
import type { CompletionContext, SessionCommand, SessionContext } from './session-command.js';

export const branchCommand: SessionCommand = {
  name: 'branch',
  usage: '[name | new name]',
  description: 'branches of the repository: show them, change to one, or to a new one',
  async complete(_args, context) {
    try {
      return (await branches(context, { timeoutMs: COMPLETE_WITHIN_MS })).map(({ name }) => name);
    } catch {
      // There is nothing to offer; running the command says why.
      return [];
    }
  },
  async run(args, context) {
    const words = args.split(/\s+/);
    if (args === '') return show(context);
    const [branch = ''] = words.slice(-1);
    const create = words.length === 2 && words[0] === 'new';
    if (words.length > 1 && !create)
      return context.terminal.output.line('Type /branch, /branch and a name, or /branch new and a name.');
    const wanted = { branch, create, ...here(context) };
    const { branch: now } = await context.attachment.command('checkout_branch', wanted);
    await context.terminal.output.line(`On branch ${visibleLine(now)}.`);
  },
};

async function show(context: SessionContext): Promise<void> {
  const { output, paint } = context.terminal;
  const found = await branches(context);
  const lines = found.map(({ name, is_current }) =>
    is_current ? paint.strong(`* ${visibleLine(name)}`) : `  ${visibleLine(name)}`,
  );
  await output.line(lines.length === 0 ? 'There is no branch yet.' : lines.join('\n'));
}

async function branches(context: CompletionContext, options: { readonly timeoutMs?: number } = {}) {
  const { branches: found } = await context.attachment.command(
    'search_branches',
    { query: '', ...here(context) },
    options,
  );
  return found;
}
