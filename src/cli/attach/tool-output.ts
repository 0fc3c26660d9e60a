import type { Delta } from '../../protocol/index.js';
import type { Output } from '../output.js';
import type { Paint } from '../paint.js';
import { visible } from '../text.js';

/** Lines that are shown of what a tool returns which runs no command, a file that it has read for instance. */
const LINES_SHOWN = 3;

/**
 * What an agent's tools return, beside its answer. A command's output is shown as it comes; of everything else a glimpse, because
 * it was meant for the agent.
 */
export class ToolOutput {
  /** Of the calls that were announced, by id. */
  private readonly kinds = new Map<unknown, unknown>();
  /** Lines of a call that may still be shown. */
  private readonly left = new Map<unknown, number>();

  constructor(
    private readonly stderr: Output,
    private readonly paint: Paint,
  ) {}

  announced({ tool_call: call, kind }: Delta): void {
    if (typeof call === 'object' && call !== null && 'tool_call_id' in call) this.kinds.set(call.tool_call_id, kind);
  }

  /** @param text of a `tool_return_message`, not shown before */
  async print({ tool_call_id: id, replaces }: Delta, text: string): Promise<void> {
    if (replaces === true) await this.stderr.line(this.paint.faint('(all of it again)'));
    if (this.kinds.get(id) === 'execute') return this.stderr.write(text);
    const left = this.left.get(id) ?? LINES_SHOWN;
    const shown = text.trimEnd();
    if (left < 0 || shown === '') return;
    const lines = shown.split('\n');
    this.left.set(id, left - lines.length);
    for (const line of lines.slice(0, left)) await this.stderr.line(this.paint.faint(visible(line)));
    if (lines.length > left) await this.stderr.line(this.paint.faint('…'));
  }

  /** A call has ended: what comes next begins on a line of its own. */
  async ended({ tool_call_id: id }: Delta): Promise<void> {
    if (this.kinds.get(id) === 'execute') await this.stderr.endLine();
  }
}
