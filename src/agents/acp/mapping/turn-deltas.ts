import type { Delta } from '../../../protocol/index.js';
import { pieces } from '../../shell/output-pump.js';
import { MessageText } from './message-text.js';
import { compactionDelta, contextDelta, noticeDelta, planDelta } from './notices.js';
import { blockText, type Raw, recordIn, textIn } from './read.js';
import { ToolCall } from './tool-call.js';

type Speaker = 'assistant_message' | 'reasoning_message';

export interface TurnDeltasOptions {
  readonly maxDeltaLength: number;
  readonly restreamPauseMs: number;
}

/** Turns the session updates of one turn into deltas. Knows no connection and no clock. */
export class TurnDeltas {
  private readonly calls = new Map<string, ToolCall>();
  private readonly messages = new Map<string, MessageText>();
  private speaking: { readonly key: string; readonly speaker: Speaker; readonly id: string } | undefined;
  /** Newest output of terminals that no call shows yet. */
  private readonly unclaimed = new Map<string, string>();
  private lastAt: number | undefined;
  /** Names the messages of agents that do not. */
  private unnamed = 0;

  constructor(
    private readonly turnId: string,
    private readonly options: TurnDeltasOptions,
  ) {}

  /** Ids of the tool calls that run. */
  get running(): readonly string[] {
    return [...this.calls.values()].filter((call) => call.isRunning).map(({ id }) => id);
  }

  /** The call of this id; a new one when there is none yet. */
  call(id: string): ToolCall {
    const known = this.calls.get(id) ?? new ToolCall(id, this.options.maxDeltaLength);
    this.calls.set(id, known);
    return known;
  }

  /** Output of a terminal belongs to the call that shows it; what comes before one does waits for it. */
  terminalOutput(terminalId: string, text: string): Delta[] {
    const call = [...this.calls.values()].find(({ terminals }) => terminals.has(terminalId));
    if (call) return call.append(text);
    this.unclaimed.set(terminalId, ((this.unclaimed.get(terminalId) ?? '') + text).slice(-this.options.maxDeltaLength));
    return [];
  }

  /**
   * @param update of any kind; what is unknown, or says nothing of the turn, gives nothing
   * @param now in milliseconds
   */
  next(update: Raw, now: number): Delta[] {
    const paused = this.lastAt !== undefined && now - this.lastAt >= this.options.restreamPauseMs;
    this.lastAt = now;
    switch (update['sessionUpdate']) {
      case 'agent_message_chunk':
        return this.spoken('assistant_message', update, paused);
      case 'agent_thought_chunk':
        return this.spoken('reasoning_message', update, paused);
      case 'tool_call':
      case 'tool_call_update': {
        const id = textIn(update, 'toolCallId');
        return id === undefined ? [] : this.called(this.call(id), update);
      }
      case 'plan':
        return [planDelta(update)];
      case 'usage_update':
        return [contextDelta(update)];
      case 'notice':
        return [noticeDelta(update)];
      case 'compaction_update':
      case 'compaction_summary_chunk':
        return [compactionDelta(update)];
      default:
        return [];
    }
  }

  /** @param finished whether the agent came to an end by itself: then what it began again, and did not carry on, was meant so */
  end(finished: boolean): Delta[] {
    const held = finished ? [...this.messages].flatMap(([key, text]) => this.say(key, text.release())) : [];
    return [...held, ...[...this.calls.values()].flatMap((call) => call.abandon())];
  }

  private called(call: ToolCall, update: Raw): Delta[] {
    this.silence();
    const deltas = call.update(update);
    for (const terminalId of call.terminals) {
      const output = this.unclaimed.get(terminalId);
      if (output !== undefined) deltas.push(...call.append(output));
      this.unclaimed.delete(terminalId);
    }
    return deltas;
  }

  private spoken(speaker: Speaker, update: Raw, paused: boolean): Delta[] {
    const named = textIn(update, 'messageId');
    if (named === undefined && this.speaking?.speaker !== speaker) this.unnamed++;
    const id = named ?? `${this.turnId}-${this.unnamed}`;
    const key = `${speaker}:${id}`;
    if (this.speaking?.key !== key) this.silence();
    this.speaking = { key, speaker, id };
    const message = this.messages.get(key) ?? new MessageText();
    this.messages.set(key, message);
    const text = blockText(recordIn(update, 'content') ?? {});
    return this.say(key, named === undefined ? text : message.next(text, paused));
  }

  /** Whoever spoke is interrupted. */
  private silence(): void {
    if (this.speaking) this.messages.get(this.speaking.key)?.interrupt();
    this.speaking = undefined;
  }

  private say(key: string, text: string): Delta[] {
    const [speaker = '', ...rest] = key.split(':');
    const id = rest.join(':');
    return [...pieces(text, this.options.maxDeltaLength)].map((piece) =>
      speaker === 'assistant_message'
        ? { message_type: speaker, id, content: [{ type: 'text', text: piece }] }
        : { message_type: 'reasoning_message', id, reasoning: piece },
    );
  }
}
