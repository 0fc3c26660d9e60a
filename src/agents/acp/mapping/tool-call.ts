import type { Delta } from '../../../protocol/index.js';
import { type FileDiff, fileDiff } from './file-diff.js';
import { pieces } from '../../shell/output-pump.js';
import { digestOf, GrowingText } from './growing-text.js';
import { blockText, type Raw, recordIn, recordsIn, textIn } from './read.js';

/**
 * One tool call of an agent, as deltas, in order:
 *
 * 1. `tool_call_message` `{ id, tool_call: { name, arguments, tool_call_id }, title, kind, locations }`, again under the same
 *    id when more of it is known
 * 2. `client_tool_start` `{ tool_call_id, tool_name, title, command? }`
 * 3. any number of `tool_return_message` `{ id, tool_call_id, status: "running", tool_return }`, which is output not shown before, or with
 *    `replaces: true` all of it anew; with `diffs: [{ path, patch, created }]` files that it changes
 * 4. `client_tool_end` `{ tool_call_id, status }`
 * 5. the last `tool_return_message`: `status: "success" | "error"`
 */
export class ToolCall {
  name = 'tool';
  kind = 'other';
  title = '';
  input: Raw = {};
  /** Paths that it says it works on. */
  readonly paths = new Set<string>();
  /** Ids of terminals whose output it shows. */
  readonly terminals = new Set<string>();
  private locations: readonly Raw[] = [];
  /** Digest of what clients were told last. */
  private announced = '';
  private phase: 'pending' | 'running' | 'ended' = 'pending';
  private readonly output = new GrowingText();
  /** Shown already: whole texts, or parts of them; while it runs. */
  private readonly changes: { readonly path: string; readonly old: string; readonly new: string }[] = [];

  /** @param maxDeltaLength UTF-16 units of output in one delta */
  constructor(
    readonly id: string,
    private readonly maxDeltaLength: number,
  ) {}

  /** Whether clients were told of it. */
  get isAnnounced(): boolean {
    return this.announced !== '';
  }

  get isRunning(): boolean {
    return this.phase === 'running';
  }

  /** Takes over what an update says, and returns what is new in it. What has ended says no more. */
  update(update: Raw): Delta[] {
    if (this.phase === 'ended') return [];
    this.learn(update);
    const status = textIn(update, 'status');
    const deltas = this.announce();
    if (status !== undefined && status !== 'pending') deltas.push(...this.begin());
    deltas.push(...this.contents(recordsIn(update, 'content') ?? []));
    if (status === 'completed' || status === 'failed') deltas.push(...this.end(status === 'completed', update));
    return deltas;
  }

  /** Output that came another way: of a terminal that the call shows. */
  append(text: string): Delta[] {
    return this.phase === 'ended' ? [] : this.outputs(text, false, { stream: 'stdout' });
  }

  /** The turn is over, and the agent has not said how this ended. */
  abandon(): Delta[] {
    return this.phase === 'running' ? this.end(false, {}, 'The turn ended before this tool did.') : [];
  }

  private learn(update: Raw): void {
    const title = textIn(update, 'title');
    this.kind = textIn(update, 'kind') ?? this.kind;
    if (this.name === 'tool') this.name = textIn(update, 'name') ?? nameIn(title) ?? this.kind;
    this.title = title ?? this.title;
    this.input = recordIn(update, 'rawInput') ?? this.input;
    this.locations = recordsIn(update, 'locations') ?? this.locations;
    for (const content of recordsIn(update, 'content') ?? []) {
      const path = textIn(content, 'path');
      if (content['type'] === 'diff' && path !== undefined) this.paths.add(path);
      const terminalId = textIn(content, 'terminalId');
      if (terminalId !== undefined) this.terminals.add(terminalId);
    }
    for (const { path } of this.locations) if (typeof path === 'string') this.paths.add(path);
  }

  private announce(): Delta[] {
    const fields = {
      tool_call: { name: this.name, arguments: JSON.stringify(this.input), tool_call_id: this.id },
      title: this.title,
      kind: this.kind,
      locations: this.locations,
    };
    const digest = digestOf(JSON.stringify(fields));
    if (digest === this.announced) return [];
    this.announced = digest;
    return [{ message_type: 'tool_call_message', id: `message-${this.id}`, ...fields }];
  }

  private begin(): Delta[] {
    if (this.phase !== 'pending') return [];
    this.phase = 'running';
    const command = textIn(this.input, 'command');
    const fields = { tool_name: this.name, title: this.title, ...(command === undefined ? {} : { command }) };
    return [{ message_type: 'client_tool_start', id: `start-${this.id}`, tool_call_id: this.id, ...fields }];
  }

  private contents(contents: readonly Raw[]): Delta[] {
    const blocks = contents.map((content) => recordIn(content, 'content')).filter((block) => block !== undefined);
    const growth = blocks.length === 0 ? undefined : this.output.next(blocks.map(blockText).join('\n'));
    const diffs = contents.filter(({ type }) => type === 'diff').flatMap((content) => this.newDiff(content));
    return [
      ...(growth ? this.outputs(growth.text, growth.replaces) : []),
      ...(diffs.length > 0 ? [this.returns({ status: 'running', tool_return: '', diffs })] : []),
    ];
  }

  private outputs(text: string, replaces: boolean, fields: object = {}): Delta[] {
    const all = text === '' ? [''] : [...pieces(text, this.maxDeltaLength)];
    return all.map((tool_return, at) =>
      this.returns({ status: 'running', tool_return, ...fields, ...(replaces && at === 0 ? { replaces } : {}) }),
    );
  }

  /** Some agents show the file as a whole before they ask, and the place that changed when they have done it: one of them is enough. */
  private newDiff(content: Raw): FileDiff[] {
    const diff = fileDiff(content);
    if (!diff) return [];
    const change = { path: diff.path, old: textIn(content, 'oldText') ?? '', new: textIn(content, 'newText') ?? '' };
    const isKnown = this.changes.some(
      (shown) => shown.path === change.path && shown.old.includes(change.old) && shown.new.includes(change.new),
    );
    if (isKnown) return [];
    this.changes.push(change);
    return [diff];
  }

  private end(succeeded: boolean, update: Raw, why = ''): Delta[] {
    this.phase = 'ended';
    // A turn may have thousands of calls, with whole files in them.
    this.changes.length = 0;
    this.input = {};
    const status = succeeded ? 'success' : 'error';
    const raw = recordIn(update, 'rawOutput');
    const said = succeeded || !raw ? why : (textIn(raw, 'error') ?? why);
    return [
      { message_type: 'client_tool_end', id: `end-${this.id}`, tool_call_id: this.id, status },
      this.returns({ status, tool_return: said }),
    ];
  }

  private returns(fields: Readonly<Record<string, unknown>>): Delta {
    return {
      message_type: 'tool_return_message',
      id: `return-${this.id}`,
      tool_call_id: this.id,
      name: this.name,
      ...fields,
    };
  }
}

/** Agents that have no field for a tool's name begin with it as the title. */
function nameIn(title: string | undefined): string | undefined {
  return title !== undefined && /^[\w.:-]{1,64}$/.test(title) ? title : undefined;
}
