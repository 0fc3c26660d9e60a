import { isEvent, isReplayed } from '../../client/index.js';
import type { Frame } from '../../protocol/index.js';
import type { Output } from '../output.js';
import type { Paint } from '../paint.js';
import { indent, visible } from '../text.js';
import { contentText } from './content-text.js';
import { TurnPrinter } from './turn-printer.js';

const ASKS = 'The agent asks whether something may run, and waits for somebody who may answer.';

/** Prints what others do in a conversation: what they ask for, and what their turns produce. */
export class WatchPrinter {
  private readonly turns: TurnPrinter;
  /** Questions that wait, as far as they were told. */
  private readonly asked = new Set<unknown>();

  constructor(
    stdout: Output,
    private readonly stderr: Output,
    private readonly paint: Paint,
  ) {
    this.turns = new TurnPrinter(stdout, stderr, paint);
  }

  /** Resolves when there is room for more. */
  async print(frame: Frame): Promise<void> {
    if (frame.type === 'control_request' || frame.type === 'control_request_withheld')
      return this.question(frame['request_id']);
    if (frame.type === 'control_request_resolved') return this.answered(frame);
    if (!isReplayed(frame) && isEvent(frame, 'stream_delta') && frame.delta.message_type === 'user_message')
      return this.input(contentText(frame.delta['content']));
    await this.turns.print(frame);
    if (isReplayed(frame) || !isEvent(frame, 'turn_finished')) return;
    await this.stderr.line(this.paint.faint(`The turn has ended (${visible(frame.stop_reason)}).`));
  }

  private async input(text: string): Promise<void> {
    await this.stderr.line(this.paint.strong(indent(visible(text), '> ')));
  }

  /** It is shown again after a reconnect. */
  private async question(id: unknown): Promise<void> {
    if (this.asked.has(id)) return;
    this.asked.add(id);
    await this.stderr.line(ASKS);
  }

  private async answered({ request_id: id, outcome }: Frame): Promise<void> {
    if (this.asked.delete(id)) await this.stderr.line(`The answer: ${visible(String(outcome))}.`);
  }
}
