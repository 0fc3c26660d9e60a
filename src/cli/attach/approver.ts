import { CommandError, isEvent, type Attachment, type EventFrame } from '../../client/index.js';
import type { ApprovalDecision, Frame, ToolRequest } from '../../protocol/index.js';
import type { AttachSettings } from '../settings/client.settings.js';
import { indent, visible, visibleLine } from '../text.js';
import type { Output } from '../output.js';
import type { Asker } from './asker.js';

const NOBODY_TO_ASK =
  'Not allowed: nobody can be asked here, because standard input is no terminal. Run it in one, or pass --approve always.';

/** What a client that may not approve gets in place of a question (protocol section 4). */
const WITHHELD = 'control_request_withheld';
const NOT_OURS =
  'The agent asks whether something may run, and this token may not answer: the turn waits for somebody whose token may (`npx twinlane tokens create <name> --may-approve`).';

/** Answers what a device asks, by rule or by asking the person at the terminal. */
export class Approver {
  /** Whether anything was refused, by this client or another. */
  denied = false;
  private isWithheldSaid = false;
  private isOver = false;
  private readonly asked = new Map<string, AbortController>();

  constructor(
    private readonly attachment: Pick<Attachment, 'answerApproval'>,
    private readonly policy: AttachSettings['approve'],
    private readonly asker: Asker,
    private readonly stderr: Output,
  ) {}

  /** Looks at every event of the turn; answers come while the turn goes on. */
  see(frame: Frame): void {
    if (frame.type === WITHHELD) void this.sayWithheld();
    if (isEvent(frame, 'control_request') && !this.asked.has(frame.request_id)) void this.answer(frame);
    if (!isEvent(frame, 'control_request_resolved')) return;
    this.asked.get(frame.request_id)?.abort();
    if (frame.outcome === 'deny' || frame.outcome === 'expired') this.denied = true;
  }

  /** The turn is over: takes back a question that is still open on the terminal. */
  close(): void {
    this.isOver = true;
    for (const question of this.asked.values()) question.abort();
  }

  /** Once a turn: nothing else would tell why it does not go on. */
  private async sayWithheld(): Promise<void> {
    if (this.isWithheldSaid) return;
    this.isWithheldSaid = true;
    await this.stderr.line(NOT_OURS);
  }

  private async answer({ request_id: id, request }: EventFrame<'control_request'>): Promise<void> {
    const question = new AbortController();
    this.asked.set(id, question);
    try {
      const decision = await this.decide(request, question.signal);
      if (!decision) return;
      this.denied ||= decision.behavior === 'deny';
      await this.attachment.answerApproval(id, decision);
    } catch (error) {
      // The turn went on and has ended, so the answer did count; only the word about it did not come in time.
      if (this.isOver) return;
      // Somebody else was faster, or the link is down: then the turn itself fails too.
      const text = error instanceof CommandError ? error.message : String(error);
      await this.stderr.line(`The answer did not count: ${visible(text)}`);
    }
  }

  /** Undefined when the question has gone before it was answered. */
  private async decide(request: ToolRequest, signal: AbortSignal): Promise<ApprovalDecision | undefined> {
    if (this.policy === 'always') return { behavior: 'allow' };
    if (this.policy === 'never')
      return { behavior: 'deny', message: 'Not allowed: this client approves nothing (--approve never).' };
    await this.stderr.line(describe(request));
    if (!this.asker.canAsk) return { behavior: 'deny', message: NOBODY_TO_ASK };
    const isYes = await this.asker.ask(signal);
    if (isYes === undefined) return undefined;
    return isYes ? { behavior: 'allow' } : { behavior: 'deny', message: 'Not allowed by the person at the terminal.' };
  }
}

/** Exactly what will run: nothing in it may hide from the eye. */
function describe({ tool_name: tool, input }: ToolRequest): string {
  const { command, cwd, ...rest } = input;
  const isCommand = typeof command === 'string' && Object.keys(rest).length === 0;
  const what = isCommand ? command : JSON.stringify(input, null, 2);
  const where = isCommand && typeof cwd === 'string' ? ` in ${visibleLine(cwd)}` : '';
  return `\n${visibleLine(tool)} is to run${where}:\n\n${indent(visible(what))}\n`;
}
