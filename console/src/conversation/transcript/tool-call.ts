import type { ApprovalOutcome, ToolRequest } from 'twinlane/protocol';
import { signal } from '@preact/signals';
import { isRecord } from 'twinlane/protocol';
import { LineBuffer } from './line-buffer.js';
import { numberIn, type Raw, recordIn, recordsIn, textIn } from './read-fields.js';
import { Item } from './transcript-items.js';

/** A file that a tool changes; `patch` is a unified diff, undefined where the texts differ too much. */
export interface FileDiff {
  readonly path: string;
  readonly patch: string | undefined;
  readonly created: boolean;
}

/** A question whether a tool may be used. */
export interface Approval {
  readonly requestId: string;
  readonly request: ToolRequest;
  /** Undefined while nobody has answered. */
  outcome: ApprovalOutcome | undefined;
  /** Whether this page's answer was the one that counted. */
  byUs: boolean;
  /** What this page has answered, whether or not it is known yet what became of it: such an outcome may be its own. */
  readonly given: Set<'allow' | 'deny'>;
  /** Whether it was drawn while it was open: then somebody else was faster. Of the past nobody knows who answered. */
  wasSeen: boolean;
  /** `revision` of the call when it was asked. */
  readonly askedAt: number;
  /** This page's answer is on its way. */
  answering: 'allow' | 'deny' | undefined;
  /** Why this page's answer did not count. */
  error: string | undefined;
}

/** Whose answer counted, where this page can know: an outcome that it may have given itself is nobody else's. */
export function whoAnswered({ outcome, byUs, given, wasSeen }: Approval): 'us' | 'others' | undefined {
  if (byUs) return 'us';
  if (outcome !== 'allow' && outcome !== 'deny') return undefined;
  return wasSeen && !given.has(outcome) ? 'others' : undefined;
}

export type ToolState = 'called' | 'asks' | 'running' | 'success' | 'error' | 'denied' | 'unknown';

/** One use of a tool: what it is given, who allowed it, what it returns. */
export class ToolCall extends Item {
  readonly kind = 'tool';
  name = 'tool';
  title = '';
  /** What kind of thing it does, where the agent says so: `read`, `edit`, `execute`, … */
  toolKind = '';
  /** JSON, as far as it has come. */
  argumentsText = '';
  /** The command line that runs, once it does. */
  command: string | undefined;
  readonly output = new LineBuffer();
  diffs: readonly FileDiff[] = [];
  /** Why it failed, was killed or denied, in the words of the device. */
  note = '';
  exitCode: number | null | undefined;
  killedBy: string | undefined;
  /** Epoch ms, of the device. */
  startedAt: number | undefined;
  endedAt: number | undefined;
  approval: Approval | undefined;
  /** A question about it was asked of others: this session may not answer. */
  isWithheld = false;
  /** Whether the reader has unfolded what it was given and returned; undefined: as its state asks for. */
  readonly isUnfolded = signal<boolean | undefined>(undefined);
  private ended: 'success' | 'error' | 'unknown' | undefined;

  constructor(
    key: string,
    at: number | undefined,
    readonly callId: string,
  ) {
    super(key, at);
  }

  get state(): ToolState {
    const { outcome } = this.approval ?? {};
    if (this.ended === undefined) {
      if (this.isWithheld || (this.approval && outcome === undefined)) return 'asks';
      return this.startedAt === undefined ? 'called' : 'running';
    }
    const wasRefused = outcome === 'deny' || outcome === 'expired';
    return this.ended === 'error' && wasRefused ? 'denied' : this.ended;
  }

  get isOver(): boolean {
    return this.ended !== undefined;
  }

  /** What it is given; undefined as long as that is not whole. */
  get input(): Raw | undefined {
    if (this.approval) return this.approval.request.input;
    return parsed(this.argumentsText);
  }

  /** `tool_call_message`: the newest of one call counts; stock devices send the arguments in pieces. */
  announce(delta: Raw, call: Raw): void {
    this.name = textIn(call, 'name') ?? this.name;
    this.title = textIn(delta, 'title') ?? this.title;
    this.toolKind = textIn(delta, 'kind') ?? this.toolKind;
    const text = textIn(call, 'arguments');
    if (text === undefined) return;
    const isPiece = this.argumentsText !== '' && parsed(this.argumentsText) === undefined;
    this.argumentsText = isPiece ? this.argumentsText + text : text;
  }

  start(delta: Raw, at: number | undefined): void {
    this.name = textIn(delta, 'tool_name') ?? this.name;
    this.title = textIn(delta, 'title') ?? this.title;
    this.command = textIn(delta, 'command') ?? this.command;
    this.startedAt ??= at;
  }

  /** `tool_return_message`: output that was not shown before, differences, and at last how it ended. */
  returns(delta: Raw, at: number | undefined): void {
    if (delta['replaces'] === true) this.output.clear();
    if (this.name === 'tool') this.name = textIn(delta, 'name') ?? this.name;
    for (const diff of recordsIn(delta, 'diffs')) this.addDiff(diff);
    const status = textIn(delta, 'status');
    const text = textIn(delta, 'tool_return') ?? '';
    if (status === 'running') {
      this.startedAt ??= at;
      this.output.append(text, delta['stream'] === 'stderr' ? 'stderr' : 'stdout');
      return;
    }
    this.exitCode = delta['exit_code'] === null ? null : numberIn(delta, 'exit_code');
    this.killedBy = textIn(delta, 'signal');
    // A command's last word says why it failed; other tools return all they have with it.
    if (status === 'error' || this.exitCode !== undefined) this.note = text;
    else this.output.append(text);
    this.end(status === 'error' ? 'error' : 'success', at);
  }

  end(how: 'success' | 'error' | 'unknown', at: number | undefined): void {
    this.ended = how;
    this.isWithheld = false;
    this.endedAt ??= at;
  }

  private addDiff(raw: Raw): void {
    const path = textIn(raw, 'path');
    if (path === undefined) return;
    this.diffs = [...this.diffs, { path, patch: textIn(raw, 'patch'), created: raw['created'] === true }];
  }
}

/** The tool calls that a delta announces: one, or several. */
export function callsIn(delta: Raw): readonly Raw[] {
  const one = recordIn(delta, 'tool_call') ?? recordIn(delta, 'tool_calls');
  return one ? [one] : recordsIn(delta, 'tool_calls');
}

function parsed(text: string): Raw | undefined {
  // Growing texts are looked at again and again; what is whole ends so.
  if (!text.trimEnd().endsWith('}')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
