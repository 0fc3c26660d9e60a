import { signal } from '@preact/signals';
import { MarkdownBlocks } from '../markdown/markdown-blocks.js';
import { messageParts, type MessagePart } from './read-fields.js';
import type { TurnMeter } from './turn-meter.js';

/** One thing of a transcript. It changes in place; what draws it reads `revision` to be drawn again. */
abstract class Item {
  /** Counts changes, at most one for each picture of the screen. */
  readonly revision = signal(0);
  /** Rows that it is shown in. */
  rows = 1;

  /**
   * @param key names it among the items
   * @param at epoch ms, of the device
   */
  constructor(
    readonly key: string,
    readonly at: number | undefined,
  ) {}
}

/** An input, as the device repeats it for all who watch. */
export class UserMessage extends Item {
  readonly kind = 'user';
  readonly parts: readonly MessagePart[];

  constructor(key: string, at: number | undefined, content: unknown) {
    super(key, at);
    this.parts = messageParts(content);
  }
}

/** What an agent says, or thinks, until it does something else. What it says has a row for each block. */
export class AgentText extends Item {
  readonly text = new MarkdownBlocks();
  isFinished = false;
  /** Whether the reader has unfolded it; what is thought is folded. */
  readonly isUnfolded = signal(false);

  constructor(
    key: string,
    at: number | undefined,
    readonly kind: 'assistant' | 'reasoning',
    /** Of the message; undefined where the device gives none. */
    readonly messageId: string | undefined,
  ) {
    super(key, at);
  }

  /** Brings blocks and rows up to date. */
  settle(): void {
    this.text.settle();
    this.rows = this.kind === 'assistant' ? Math.max(1, this.text.length) : 1;
  }

  finish(): void {
    this.isFinished = true;
    this.text.finish();
    this.settle();
  }
}

/** Something that a person should know: of the agent, or of the device about it. */
export class Notice extends Item {
  readonly kind = 'notice';

  constructor(
    key: string,
    at: number | undefined,
    public level: 'info' | 'warning' | 'error',
    public message: string,
  ) {
    super(key, at);
  }
}

export interface PlanEntry {
  readonly content: string;
  readonly status: string;
}

/** What an agent means to do; the newest of a turn replaces the ones before. */
export class Plan extends Item {
  readonly kind = 'plan';
  entries: readonly PlanEntry[] = [];
}

/** A command of the device's own (`execute_command`), which belongs to no turn. */
export class DeviceCommand extends Item {
  readonly kind = 'command';
  output: string | undefined;
  succeeded: boolean | undefined;

  constructor(
    key: string,
    at: number | undefined,
    readonly input: string,
  ) {
    super(key, at);
  }
}

/** Events that this client will never see. */
export class Gap extends Item {
  readonly kind = 'gap';

  constructor(
    key: string,
    /** First number that is missing. */
    readonly from: number,
    /** Last number that is missing; null: not known. */
    readonly to: number | null,
  ) {
    super(key, undefined);
  }
}

/** How a turn ended. */
export class TurnEnd extends Item {
  readonly kind = 'end';

  constructor(
    key: string,
    at: number | undefined,
    readonly stopReason: string,
    /** Undefined where nothing went wrong, or where it was said already. */
    readonly error: string | undefined,
    readonly meter: TurnMeter,
  ) {
    super(key, at);
  }
}

export { Item };
