import { contentText, numberIn, type Raw, recordIn } from './read-fields.js';

/** What a turn used, as its agent counts it. */
export interface Usage {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
  readonly total: number | undefined;
  readonly context: number | undefined;
  readonly window: number | undefined;
  /** As `{ amount, currency }`. */
  readonly cost: { readonly amount: number; readonly currency: string } | undefined;
}

/** How long a turn takes, and how much came of it. */
export class TurnMeter {
  /** UTF-16 units of text and output. */
  units = 0;
  tools = 0;
  usage: Usage | undefined;
  /** Epoch ms, of the device. */
  endedAt: number | undefined;

  /** @param startedAt epoch ms, of the device */
  constructor(
    readonly runId: string | undefined,
    readonly startedAt: number | undefined,
  ) {}

  /** In ms; undefined while it runs, or where its begin is not known. */
  get elapsed(): number | undefined {
    if (this.startedAt === undefined || this.endedAt === undefined) return undefined;
    return Math.max(0, this.endedAt - this.startedAt);
  }

  count({ message_type: type, content, tool_return: output, reasoning }: Raw): void {
    if (type === 'user_message') return;
    for (const text of [content, output, reasoning]) this.units += contentText(text).length;
  }

  /** `usage_statistics`: what one of them leaves out stays as it was. */
  use(delta: Raw): void {
    const before = this.usage;
    const cost = recordIn(delta, 'cost');
    const amount = cost && numberIn(cost, 'amount');
    const currency = cost?.['currency'];
    this.usage = {
      prompt: numberIn(delta, 'prompt_tokens') ?? before?.prompt,
      completion: numberIn(delta, 'completion_tokens') ?? before?.completion,
      total: numberIn(delta, 'total_tokens') ?? before?.total,
      context: numberIn(delta, 'context_tokens') ?? before?.context,
      window: numberIn(delta, 'context_window') ?? before?.window,
      cost: amount === undefined ? before?.cost : { amount, currency: typeof currency === 'string' ? currency : 'USD' },
    };
  }
}
