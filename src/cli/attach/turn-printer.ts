import { isEvent, isGap, isReplayed } from '../../client/index.js';
import type { Delta, Frame } from '../../protocol/index.js';
import { visible, visibleLine } from '../text.js';
import type { Output } from '../output.js';
import type { Paint } from '../paint.js';
import { contentText } from './content-text.js';
import { fileDiffs } from './file-diffs.js';
import { ToolOutput } from './tool-output.js';

/** Where nobody says why; agents may have said as much already. */
const ABORTED = 'The turn was aborted.';

/** Prints what a turn produces: output where the command wrote it, text of an agent to standard output, trouble to standard error. */
export class TurnPrinter {
  /** Of the last command that ran and ended by itself. */
  commandExit: number | undefined;
  /** Text of an agent has no end of line of its own; output of a command is left as it is. */
  private wroteText = false;
  private isReasoning = false;
  private readonly complaints = new Set<string>();
  private readonly tools: ToolOutput;

  constructor(
    private readonly stdout: Output,
    private readonly stderr: Output,
    private readonly paint: Paint,
  ) {
    this.tools = new ToolOutput(stderr, paint);
  }

  /** Resolves when there is room for more. */
  async print(frame: Frame): Promise<void> {
    if (isReplayed(frame)) return;
    if (isGap(frame))
      return this.complain(
        `Events ${frame.from} to ${frame.to ?? '?'} were lost on the way; output may be missing here.`,
      );
    if (isEvent(frame, 'stream_delta')) return this.printDelta(frame.delta);
    if (!isEvent(frame, 'turn_finished')) return;
    await this.endReasoning();
    if (this.wroteText) await this.stdout.endLine();
    const { error, stop_reason: reason } = frame;
    if (typeof error === 'string') await this.complain(error);
    else if (reason === 'cancelled') await this.complain(ABORTED);
    this.complaints.clear();
  }

  private async printDelta(delta: Delta): Promise<void> {
    if (delta.message_type === 'reasoning_message') return this.printReasoning(delta);
    await this.endReasoning();
    if (delta.message_type === 'assistant_message') return this.printText(contentText(delta['content']));
    if (delta.message_type === 'tool_call_message') return this.tools.announced(delta);
    if (delta.message_type === 'client_tool_end') return this.tools.ended(delta);
    if (delta.message_type === 'client_tool_start') return this.printTool(delta);
    if (delta.message_type === 'tool_return_message') return this.printReturn(delta);
    if (delta.message_type === 'status') return this.printStatus(delta);
    if (delta.message_type === 'loop_error') return this.complain(contentText(delta['message']));
  }

  private async printText(text: string): Promise<void> {
    this.wroteText = true;
    await this.stdout.write(text);
  }

  /** What an agent thinks on the way to its answer; it comes in pieces. */
  private async printReasoning({ reasoning }: Delta): Promise<void> {
    if (typeof reasoning !== 'string' || reasoning === '') return;
    this.isReasoning = true;
    const lines = visible(reasoning).split('\n');
    await this.stderr.write(lines.map((line) => (line === '' ? line : this.paint.faint(line))).join('\n'));
  }

  /** What comes next begins on a line of its own, also where it goes to standard output. */
  private async endReasoning(): Promise<void> {
    if (!this.isReasoning) return;
    this.isReasoning = false;
    await this.stderr.endLine();
  }

  /** What an agent begins to do, in its words; the shell agent has none, its command was asked or typed. */
  private async printTool({ title }: Delta): Promise<void> {
    if (typeof title !== 'string' || title === '') return;
    await this.stderr.line(this.paint.faint(`> ${visibleLine(title)}`));
  }

  /** What an agent, or the device about it, has to say beside the answer: its plan, or that something was left out. */
  private async printStatus({ message, level }: Delta): Promise<void> {
    const text = contentText(message);
    if (level === 'warning' || level === 'error') return this.complain(text);
    if (text !== '') await this.stderr.line(this.paint.faint(visible(text)));
  }

  /** The shell agent's output comes in pieces, the last of which says how the command ended. */
  private async printReturn(delta: Delta): Promise<void> {
    const { stream, status, tool_return: text, exit_code: exitCode, diffs } = delta;
    const changes = fileDiffs(diffs, this.paint);
    if (changes !== '') await this.stderr.line(changes);
    if (typeof exitCode === 'number') this.commandExit = exitCode;
    if (typeof text !== 'string' || text === '') return;
    if (stream === 'stdout') return this.stdout.write(text);
    if (stream === 'stderr') return this.stderr.write(text);
    if (status === 'error') return this.complain(text);
    if (status === 'running') return this.tools.print(delta, text);
  }

  /** Says a thing once in a turn, however many frames say it. */
  private async complain(text: string): Promise<void> {
    if (text === '' || this.complaints.has(text)) return;
    this.complaints.add(text);
    await this.stderr.line(visible(text));
  }
}
