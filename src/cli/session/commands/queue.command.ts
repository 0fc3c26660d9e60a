import type { QueueItem } from '../../../protocol/index.js';
import { contentText } from '../../attach/content-text.js';
import { table, visibleLine } from '../../text.js';
import type { SessionCommand, SessionContext } from './session-command.js';

/** Characters of an input that are shown. */
const SHOWN = 60;

const USAGE = 'Type /queue, /queue remove and a number of it, or /queue resume.';

export const queueCommand: SessionCommand = {
  name: 'queue',
  usage: '[remove number | resume]',
  description: 'inputs that wait for their turn: show them, take one out, have a queue that stands still go on',
  complete: (args) => (/^\s*\S*$/.test(args) ? ['remove ', 'resume '] : []),
  async run(args, context) {
    const [verb, number] = args.split(/\s+/);
    if (verb === '') return show(context);
    if (verb === 'resume') return resume(context);
    const item = context.surroundings.queue[Number(number) - 1];
    if (verb === 'remove' && item) return remove(item, context);
    await context.terminal.output.line(verb === 'remove' ? 'No input of this number waits; /queue shows them.' : USAGE);
  },
};

async function show({ surroundings, terminal }: SessionContext): Promise<void> {
  const { queue } = surroundings;
  if (queue.length === 0) return terminal.output.line('No input waits.');
  const rows = queue.map(({ content }, i) => [`  ${i + 1}`, shortened(visibleLine(contentText(content)))]);
  await terminal.output.line(table(rows).trimEnd());
}

async function remove({ id }: QueueItem, { attachment, terminal }: SessionContext): Promise<void> {
  const { runtime } = attachment;
  if (!runtime) return;
  await attachment.command('remove_queue_item', { runtime, item_id: id });
  await terminal.output.line('It was taken out of the queue.');
}

async function resume({ attachment, terminal }: SessionContext): Promise<void> {
  const { runtime } = attachment;
  if (!runtime) return;
  const { resumed = 0 } = await attachment.command('resume_queue', { runtime });
  await terminal.output.line(resumed === 0 ? 'The queue was not standing still.' : 'The queue goes on.');
}

function shortened(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
