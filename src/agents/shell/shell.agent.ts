import { randomUUID } from 'node:crypto';
import { Inject, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import { Permissions } from '../../permissions/index.js';
import { endProcesses } from '../../processes/index.js';
import type { ApprovalDecision, Clock } from '../../protocol/index.js';
import { AgentProvider } from '../agent-provider.decorator.js';
import type { Agent, AgentTurn, TurnEnd } from '../agent.js';
import { inputText, leftOutParts } from '../input-text.js';
import { runShell, type ShellExit, ShellStartError } from './run-shell.js';
import { ShellOptions } from './shell.options.js';

/** What everything that its commands start has in its environment; the value names this one listener process. */
const MARK = 'TWINLANE_SHELL_AGENT';
/** The tool name in approvals and deltas. */
const TOOL_NAME = 'shell';

/**
 * Runs the text of an input with `/bin/sh -c`, after approval. What of it is no text is left out, and a `status` delta of level
 * `warning` says so first. Its deltas, in order:
 *
 * 1. `tool_call_message` `{ id, tool_call: { name: "shell", arguments, tool_call_id } }`; `arguments` is JSON text of `{ command, cwd }`
 * 2. `client_tool_start` `{ tool_call_id, tool_name, command }`, once it is allowed
 * 3. any number of `tool_return_message` `{ id, tool_call_id, status: "running", stream: "stdout" | "stderr", tool_return }`;
 *    `tool_return` is output not shown before
 * 4. `client_tool_end` `{ tool_call_id, status }`
 * 5. the last `tool_return_message`, same `id`: `{ status: "success" | "error", exit_code, signal?, tool_return: "" }`. `exit_code` is
 *    null when a signal ended the shell, or it did not start; then `tool_return` says so. Denied: neither 2, 3 nor 4, and `{ status: "error", tool_return: reason }`
 *
 * A command that fails is a turn that worked: `end_turn`. `denied`: approval refused. `error`: the shell did not start or was
 * killed. `cancelled`: aborted.
 */
@AgentProvider('shell')
export class ShellAgent implements Agent, OnApplicationShutdown {
  private readonly name = randomUUID();

  constructor(
    private readonly options: ShellOptions,
    private readonly permissions: Permissions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async start(turn: AgentTurn): Promise<TurnEnd> {
    const asked = inputText(turn.messages);
    tellLeftOut(turn);
    if (asked.trim() === '')
      return { stopReason: 'error', error: 'The input holds no text; send the command line to run.' };
    const call = new ShellCall(turn);
    call.announce(asked);
    const decision = await turn.askApproval({
      tool_name: TOOL_NAME,
      tool_call_id: call.id,
      access: 'execute',
      input: { command: asked, cwd: turn.cwd },
    });
    if (decision.behavior === 'deny') return call.denied(decision);
    const command = allowedCommand(decision, asked);
    call.begin(command);
    try {
      const exit = await runShell(
        { command, cwd: turn.cwd, env: { ...this.permissions.childEnvironment(), [MARK]: this.name } },
        call,
        turn.signal,
        this.options,
        this.clock,
      );
      return call.end(exit);
    } catch (error) {
      if (!(error instanceof ShellStartError)) throw error;
      return call.failed(error.message, null);
    }
  }

  /** Ends the jobs that its commands left in background, wherever they went. */
  async onApplicationShutdown(): Promise<void> {
    await endProcesses({ mark: `${MARK}=${this.name}` }, 'SIGTERM', this.options.killGraceMs, this.clock);
  }
}

/** Files and pictures that came with the input reach nobody here: whoever sent them must not think otherwise. */
function tellLeftOut(turn: AgentTurn): void {
  const parts = leftOutParts(turn.messages);
  if (parts.length === 0) return;
  const what = [...new Set(parts)].map((type) => `${parts.filter((part) => part === type).length} ${type}`).join(', ');
  turn.emit({
    message_type: 'status',
    id: `status-${randomUUID()}`,
    level: 'warning',
    message: `The shell takes text only. Left out: ${what}. To give it a file, write the file into the workspace first.`,
  });
}

/** Whoever allows a command may correct it first. */
function allowedCommand({ updated_input }: ApprovalDecision, asked: string): string {
  const corrected = updated_input?.['command'];
  return typeof corrected === 'string' && corrected.trim() !== '' ? corrected : asked;
}

function named(signal: NodeJS.Signals | null): { readonly signal?: NodeJS.Signals } {
  return signal === null ? {} : { signal };
}

/** The deltas of one command. */
class ShellCall {
  readonly id = `call-${randomUUID()}`;
  private readonly returnId = `message-${randomUUID()}`;

  constructor(private readonly turn: AgentTurn) {}

  announce(command: string): void {
    this.turn.emit({
      message_type: 'tool_call_message',
      id: `message-${randomUUID()}`,
      tool_call: { name: TOOL_NAME, arguments: JSON.stringify({ command, cwd: this.turn.cwd }), tool_call_id: this.id },
    });
  }

  begin(command: string): void {
    this.turn.progress('EXECUTING_CLIENT_SIDE_TOOL', [this.id]);
    this.lifecycle('client_tool_start', { tool_name: TOOL_NAME, command });
  }

  ready(): Promise<void> {
    return this.turn.ready();
  }

  emit(stream: 'stdout' | 'stderr', text: string): void {
    this.returns({ status: 'running', stream, tool_return: text });
  }

  end({ code, signal }: ShellExit): TurnEnd {
    if (this.turn.signal.aborted) {
      this.finish({ status: 'error', exit_code: code, ...named(signal), tool_return: 'The turn was aborted.' });
      return { stopReason: 'cancelled' };
    }
    if (code === null) return this.failed(`The shell was killed by ${signal ?? 'a signal'}.`, signal);
    this.finish({ status: code === 0 ? 'success' : 'error', exit_code: code, tool_return: '' });
    return { stopReason: 'end_turn' };
  }

  failed(error: string, signal: NodeJS.Signals | null): TurnEnd {
    this.finish({ status: 'error', exit_code: null, ...named(signal), tool_return: error });
    return { stopReason: 'error', error };
  }

  denied({ message }: ApprovalDecision): TurnEnd {
    const error = message ?? 'The command was not run: approval was denied.';
    this.returns({ status: 'error', exit_code: null, tool_return: error });
    return { stopReason: 'denied', error };
  }

  private finish(fields: { status: 'success' | 'error'; [field: string]: unknown }): void {
    this.turn.progress('PROCESSING_API_RESPONSE');
    this.lifecycle('client_tool_end', { status: fields.status });
    this.returns(fields);
  }

  private returns(fields: Readonly<Record<string, unknown>>): void {
    this.turn.emit({
      message_type: 'tool_return_message',
      id: this.returnId,
      tool_call_id: this.id,
      name: TOOL_NAME,
      ...fields,
    });
  }

  private lifecycle(type: 'client_tool_start' | 'client_tool_end', fields: object): void {
    this.turn.emit({ message_type: type, id: `lifecycle-${randomUUID()}`, tool_call_id: this.id, ...fields });
  }
}
