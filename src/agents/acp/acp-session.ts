import { isDeepStrictEqual } from 'node:util';
import { RequestError } from '@agentclientprotocol/sdk';
import type { Permissions } from '../../permissions/index.js';
import { type AgentStatus, type Clock, type Runtime, withDeadline } from '../../protocol/index.js';
import type { Workspace } from '../../workspace/index.js';
import { AgentModeError, type AgentTurn, type TurnEnd } from '../agent.js';
import type { AcpOptions } from './acp.options.js';
import type { ClientMethod } from './agent-connection.js';
import { changedStatus, modeSwitch } from './mapping/agent-status.js';
import { howToLogIn } from './mapping/logins.js';
import { status, usageDelta } from './mapping/notices.js';
import { promptOf } from './mapping/prompt-blocks.js';
import { type Raw, textIn } from './mapping/read.js';
import { failureText, turnEnd } from './mapping/turn-end.js';
import { AgentTerminals } from './requests/agent-terminals.js';
import { SessionRequests } from './requests/session-requests.js';
import { WorkspaceFiles } from './requests/workspace-files.js';
import type { RunningAgent, SessionPeer } from './running-agent.js';
import type { SessionStore } from './session-store.js';
import { TurnRun } from './turn-run.js';

/** What all sessions work with. */
export interface SessionParts {
  readonly workspace: Workspace;
  readonly permissions: Permissions;
  readonly options: AcpOptions;
  readonly clock: Clock;
  readonly store: SessionStore;
  statusChanged(runtime: Runtime): void;
}

/** Where a session is open. */
interface Place {
  readonly agent: RunningAgent;
  readonly id: string;
  readonly cwd: string;
  readonly modeSwitch: ReturnType<typeof modeSwitch>;
}

/** How long an agent may take to change its mode, in ms: other commands for the runtime wait meanwhile. */
const MODE_WITHIN_MS = 5_000;

const LOST = 'The agent does not go on with the session of before; it knows nothing of what was said.';

/** One runtime's session with the agent, over the agent's restarts: its turns, one at a time, and what it tells beside them. */
export class AcpSession implements SessionPeer {
  status: AgentStatus = {};
  private place: Place | undefined;
  private run: TurnRun | undefined;
  private before: Promise<unknown> = Promise.resolve();
  private readonly terminals: AgentTerminals;
  private readonly requests: SessionRequests;

  constructor(
    private readonly runtime: Runtime,
    private readonly parts: SessionParts,
  ) {
    const { workspace, permissions, options, clock } = parts;
    this.terminals = new AgentTerminals(options, clock, (id, text) => this.showTerminal(id, text));
    const files = new WorkspaceFiles(workspace, options.maxFileBytes);
    this.requests = new SessionRequests(workspace, permissions, files, this.terminals);
  }

  /**
   * Runs one turn, once the one before has ended here too: an agent would queue it, where nobody sees it.
   *
   * @throws AgentGoneError when the agent ends before the turn does
   */
  turn(turn: AgentTurn, agent: RunningAgent): Promise<TurnEnd> {
    const end = this.before.then(() => this.runTurn(turn, agent));
    this.before = end.catch(() => {});
    return end;
  }

  private async runTurn(turn: AgentTurn, agent: RunningAgent): Promise<TurnEnd> {
    try {
      const sessionId = await this.openInTime(agent, turn);
      return turn.signal.aborted ? { stopReason: 'cancelled' } : await this.prompt(turn, agent, sessionId);
    } catch (error) {
      // What ended the connection says less than what ended the agent.
      if (!(error instanceof RequestError)) throw agent.connection.isClosed ? await agent.gone : error;
      return {
        stopReason: 'error',
        error: failureText(error, howToLogIn(agent.connection.logins, this.parts.options.command ?? '')),
      };
    }
  }

  update(update: Raw): void {
    this.learn(update);
    this.run?.update(update);
  }

  /** @throws AgentModeError */
  async setMode(mode: string): Promise<void> {
    const { place } = this;
    if (!place || place.agent.connection.isClosed)
      throw new AgentModeError('The agent does not run now; send an input first, which starts it.');
    try {
      const asked = this.askForMode(place, mode);
      const late = (): Error => new Error(`it did not answer within ${MODE_WITHIN_MS / 1_000} s`);
      this.learn(await withDeadline(asked, MODE_WITHIN_MS, this.parts.clock, late));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AgentModeError(`The agent did not change its mode: ${why}.`, { cause });
    }
  }

  /** What that changes in its status. Not every agent tells of a change that was asked for. */
  private async askForMode({ agent, id: sessionId, modeSwitch: by }: Place, mode: string): Promise<Raw> {
    if (by === undefined) throw new Error('it has no modes');
    if (by !== 'session/set_mode')
      return agent.connection.ask('session/set_config_option', { sessionId, ...by, value: mode });
    await agent.connection.ask(by, { sessionId, modeId: mode });
    return { sessionUpdate: 'current_mode_update', currentModeId: mode };
  }

  async request(method: ClientMethod, params: Raw): Promise<Raw> {
    return this.requests.answer(method, params, this.run);
  }

  async ready(): Promise<void> {
    await this.run?.ready();
  }

  /** Ends what it runs for the agent. */
  async close(): Promise<void> {
    await this.terminals.close();
  }

  private async prompt(turn: AgentTurn, agent: RunningAgent, sessionId: string): Promise<TurnEnd> {
    const { options, clock } = this.parts;
    const { blocks, leftOut } = promptOf(turn.messages, agent.connection.takes);
    const run = new TurnRun(turn, options, clock);
    for (const what of leftOut) turn.emit(status(`Left out of the message: ${what}.`, 'warning'));
    if (blocks.length === 0)
      return { stopReason: 'error', error: 'The input holds nothing that this agent takes; send text.' };
    this.run = run;
    turn.progress('WAITING_FOR_API_RESPONSE');
    const stopCancelling = this.cancelOnAbort(turn, agent, sessionId);
    run.watchSilence(
      () => this.terminals.isRunning || agent.isHeldBack,
      () => agent.end(`gave no sign of life for ${options.idleTimeoutMs / 1_000} s`),
    );
    let finished = false;
    try {
      const answer = await agent.connection.ask('session/prompt', { sessionId, prompt: blocks });
      finished = !turn.signal.aborted;
      run.end(finished);
      const used = usageDelta(answer);
      if (used) run.show([used]);
      return turnEnd(answer, turn.signal.aborted, run.denied);
    } finally {
      stopCancelling();
      run.end(finished);
      this.run = undefined;
    }
  }

  /** An agent that does not end a cancelled turn hangs. */
  private cancelOnAbort({ signal }: AgentTurn, agent: RunningAgent, sessionId: string): () => void {
    const { options } = this.parts;
    let stop = (): void => {};
    const cancel = (): void => {
      const late = `did not end a cancelled turn within ${options.cancelTimeoutMs / 1_000} s`;
      stop = agent.endUnlessIn(options.cancelTimeoutMs, late);
      // When it cannot be written the agent is gone, and the turn is told so.
      agent.connection.cancel(sessionId).catch(() => {});
      // It may wait for one of these before it ends the turn.
      void this.terminals.stop();
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    return () => {
      signal.removeEventListener('abort', cancel);
      stop();
    };
  }

  private async openInTime(agent: RunningAgent, turn: AgentTurn): Promise<string> {
    const { startTimeoutMs } = this.parts.options;
    const stop = agent.endUnlessIn(startTimeoutMs, `did not open a session within ${startTimeoutMs / 1_000} s`);
    try {
      return await this.open(agent, turn);
    } finally {
      stop();
    }
  }

  /** The id of the session in which the turn is to run: the one that is open, one of before, or a new one. */
  private async open(agent: RunningAgent, turn: AgentTurn): Promise<string> {
    const { place } = this;
    if (place?.agent === agent && place.cwd === turn.cwd) return place.id;
    const known = place?.id ?? this.parts.store.get(this.runtime);
    if (place?.agent === agent) agent.detach(place.id);
    else void agent.gone.then(() => this.terminals.close());
    const request = { cwd: turn.cwd, mcpServers: [] };
    const reopened = known === undefined ? undefined : await this.reopen(agent, known, request);
    if (known !== undefined && !reopened) turn.emit(status(LOST, 'warning'));
    const answer = reopened ?? (await agent.connection.ask('session/new', request));
    const id = reopened ? known : textIn(answer, 'sessionId');
    if (id === undefined) throw new RequestError(-32_603, 'it opened a session without an id');
    this.place = { agent, id, cwd: turn.cwd, modeSwitch: modeSwitch(answer) };
    this.parts.store.set(this.runtime, id);
    this.learn(answer);
    agent.attach(id, this);
    return id;
  }

  /** Undefined when the agent cannot. What it repeats of the conversation is known here already. */
  private async reopen(agent: RunningAgent, sessionId: string, request: Raw): Promise<Raw | undefined> {
    const { reopens } = agent.connection;
    if (reopens === undefined) return undefined;
    try {
      return await agent.connection.ask(reopens, { ...request, sessionId });
    } catch (error) {
      if (error instanceof RequestError) return undefined;
      throw error;
    }
  }

  private learn(raw: Raw): void {
    const changed = { ...this.status, ...changedStatus(raw) };
    if (isDeepStrictEqual(changed, this.status)) return;
    this.status = changed;
    this.parts.statusChanged(this.runtime);
  }

  private async showTerminal(terminalId: string, text: string): Promise<void> {
    this.run?.terminalOutput(terminalId, text);
    await this.run?.ready();
  }
}
