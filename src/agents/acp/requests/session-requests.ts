import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Permissions } from '../../../permissions/index.js';
import type { Access, ApprovalDecision } from '../../../protocol/index.js';
import { type Workspace, PathDeniedError, PathRefusedError } from '../../../workspace/index.js';
import { type ToolQuestion, TurnEndedError } from '../../agent.js';
import { CLIENT_METHODS, type ClientMethod } from '../agent-connection.js';
import { fileDiff } from '../mapping/file-diff.js';
import { status } from '../mapping/notices.js';
import { accessOf, permissionAnswer, permissionOptions, permissionQuestion } from '../mapping/permission.js';
import { type Raw, recordIn, recordsIn, textIn } from '../mapping/read.js';
import type { ToolCall } from '../mapping/tool-call.js';
import type { TurnRun } from '../turn-run.js';
import { type AgentTerminals, terminalCommand } from './agent-terminals.js';
import { badRequest } from './bad-request.js';
import type { WorkspaceFiles } from './workspace-files.js';

const CANCELLED = { outcome: { outcome: 'cancelled' } };
const NOT_ALLOWED = 'A person did not allow this.';

/** Answers what an agent asks its client for, in a turn, under the conversation's permission mode. */
export class SessionRequests {
  constructor(
    private readonly workspace: Workspace,
    private readonly permissions: Permissions,
    private readonly files: WorkspaceFiles,
    private readonly terminals: AgentTerminals,
  ) {}

  /** @param run the turn under way; without one only what it began may be ended. @throws what becomes the error answer */
  async answer(method: ClientMethod, params: Raw, run: TurnRun | undefined): Promise<Raw> {
    run?.touch();
    switch (method) {
      case CLIENT_METHODS.terminalOutput:
        return this.terminals.output(params);
      case CLIENT_METHODS.waitForTerminal:
        return this.terminals.exited(params);
      case CLIENT_METHODS.killTerminal:
        await this.terminals.kill(params);
        return {};
      case CLIENT_METHODS.releaseTerminal:
        await this.terminals.release(params);
        return {};
      case CLIENT_METHODS.askPermission:
        return run ? this.permission(params, run) : CANCELLED;
      default:
        if (!run) throw badRequest(`${method} is served in a turn only.`);
        return this.work(method, params, run);
    }
  }

  private async work(
    method: Exclude<ClientMethod, typeof CLIENT_METHODS.askPermission>,
    params: Raw,
    run: TurnRun,
  ): Promise<Raw> {
    if (method === CLIENT_METHODS.createTerminal) return this.createTerminal(params, run);
    const file = await this.locate(params, run);
    if (method === CLIENT_METHODS.readFile) {
      await this.allowed(run, 'read_text_file', 'read', { path: file });
      return this.files.read(file, params);
    }
    if (!run.grants.covers(file, run.turn.cwd))
      await this.allowed(run, 'write_text_file', 'write', await this.change(file, params));
    await this.files.write(file, params);
    return {};
  }

  private async locate(params: Raw, run: TurnRun): Promise<string> {
    try {
      return await this.files.locate(params, run.turn.cwd);
    } catch (error) {
      if (error instanceof PathRefusedError || error instanceof PathDeniedError) throw badRequest(error.message);
      throw error;
    }
  }

  private async createTerminal(params: Raw, run: TurnRun): Promise<Raw> {
    const cwd = await this.locate({ path: textIn(params, 'cwd') ?? run.turn.cwd }, run);
    const command = terminalCommand(params, cwd, this.permissions.childEnvironment());
    const line = [command.command, ...command.args].join(' ');
    const own = recordsIn(params, 'env') ?? [];
    const input = { command: line, cwd, ...(own.length > 0 ? { env: own } : {}) };
    if (!run.grants.allows(line)) await this.allowed(run, 'terminal', 'execute', input);
    return this.terminals.create(command, params);
  }

  /** @throws an error answer where a person, or the mode, does not allow it */
  private async allowed(run: TurnRun, tool_name: string, access: Access, input: ToolQuestion['input']): Promise<void> {
    const decision = await run.ask({ tool_name, access, input, tool_call_id: `request-${randomUUID()}` });
    if (decision.behavior === 'allow' && decision.updated_input === undefined) return;
    const why =
      decision.behavior === 'deny' ? (decision.message ?? NOT_ALLOWED) : 'The agent cannot take a corrected input.';
    run.denied = why;
    throw badRequest(why);
  }

  private async change(file: string, params: Raw): Promise<Record<string, unknown>> {
    const oldText = await this.files.present(file);
    const diff = fileDiff({ path: file, newText: params['content'], ...(oldText === undefined ? {} : { oldText }) });
    return { path: file, ...(diff?.patch === undefined ? {} : { diff: diff.patch }) };
  }

  private async permission(params: Raw, run: TurnRun): Promise<Raw> {
    const asked = recordIn(params, 'toolCall') ?? {};
    const options = permissionOptions(params);
    const call = run.deltas.call(textIn(asked, 'toolCallId') ?? `call-${randomUUID()}`);
    // What it would do is shown before the question. Nothing has begun, and a call that is known keeps its name and input.
    const { status: _status, title, rawInput, ...shown } = asked;
    run.show(call.update(call.isAnnounced ? shown : { ...shown, title, rawInput }));
    const { refused, areInside } = await this.look(call, run);
    const access = accessOf(call, areInside);
    const question = permissionQuestion(call, recordIn(asked, 'rawInput'), access, options);
    const paths = [...call.paths];
    const decision: ApprovalDecision | undefined = refused
      ? { behavior: 'deny', message: refused }
      : await this.decided(question, run);
    if (!decision) return CANCELLED;
    const { allowed, outcome, why } = permissionAnswer(decision, question.input, options);
    if (why !== undefined || refused !== undefined) run.show([status(why ?? refused ?? '', 'warning')]);
    if (allowed) run.grants.add(access, paths, question.input);
    else run.denied = why ?? decision.message ?? NOT_ALLOWED;
    return { outcome };
  }

  /** Undefined when the turn ended first. */
  private async decided(question: ToolQuestion, run: TurnRun): Promise<ApprovalDecision | undefined> {
    try {
      return await run.ask(question);
    } catch (error) {
      if (error instanceof TurnEndedError) return undefined;
      throw error;
    }
  }

  /** Whether all that a call works on lies in the workspace, and why it must not, where the device keeps that to itself. */
  private async look(
    call: ToolCall,
    run: TurnRun,
  ): Promise<{ readonly areInside: boolean; readonly refused?: string }> {
    let areInside = true;
    for (const wanted of call.paths) {
      try {
        await this.workspace.resolve(path.resolve(run.turn.cwd, wanted));
      } catch (error) {
        if (error instanceof PathDeniedError) return { areInside, refused: error.message };
        areInside = false;
      }
    }
    return { areInside };
  }
}
