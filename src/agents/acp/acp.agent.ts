import { Inject, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import { Permissions } from '../../permissions/index.js';
import { type AgentStatus, type Clock, type Runtime, runtimeKey } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { AgentProvider } from '../agent-provider.decorator.js';
import { type Agent, AgentModeError, type AgentTurn, type TurnEnd } from '../agent.js';
import { AgentGoneError } from './acp.error.js';
import { AcpOptions } from './acp.options.js';
import { AcpSession } from './acp-session.js';
import { CommandLineError } from './command-line.js';
import { AgentKeeper } from './agent-keeper.js';
import { SessionStore } from './session-store.js';
import { aborted } from './within.js';

const NO_COMMAND =
  'The listener was not told which agent to run; start it with --agent-command (TWINLANE_AGENT_COMMAND), for instance "opencode acp".';

/**
 * Runs turns with any agent that speaks the Agent Client Protocol: one process, with a session for each runtime. Its deltas are those
 * of `TurnDeltas` and `ToolCall`; `docs/agents.md` shows them.
 *
 * `end_turn`, or the agent's own reason: it has answered. `denied`: a person refused, and the agent left it at that. `error`: it failed, ended
 * or hung; the next turn starts it anew. `cancelled`: aborted.
 */
@AgentProvider('acp')
export class AcpAgent implements Agent, OnApplicationShutdown {
  private readonly sessions = new Map<string, AcpSession>();
  private readonly keeper: AgentKeeper | undefined;
  private readonly store: SessionStore;
  private statusChanged: (runtime: Runtime) => void = () => {};

  constructor(
    private readonly options: AcpOptions,
    private readonly workspace: Workspace,
    private readonly permissions: Permissions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const { command, dataDir, maxSessions } = options;
    this.store = new SessionStore(dataDir, command ?? '', maxSessions);
    if (command === undefined) return;
    const own = options.env.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : []));
    const env = { ...permissions.childEnvironment(), ...Object.fromEntries(own) };
    this.keeper = new AgentKeeper({ command, cwd: workspace.root, env }, options, clock);
  }

  async start(turn: AgentTurn): Promise<TurnEnd> {
    if (!this.keeper) return { stopReason: 'error', error: NO_COMMAND };
    try {
      const agent = await Promise.race([this.keeper.get(), aborted(turn.signal)]);
      if (!agent) return { stopReason: 'cancelled' };
      return await this.session(turn.runtime).turn(turn, agent);
    } catch (error) {
      if (turn.signal.aborted) return { stopReason: 'cancelled' };
      if (!(error instanceof AgentGoneError || error instanceof CommandLineError)) throw error;
      return { stopReason: 'error', error: error.message };
    }
  }

  statusOf(runtime: Runtime): AgentStatus | undefined {
    return this.sessions.get(runtimeKey(runtime))?.status;
  }

  watchStatus(changed: (runtime: Runtime) => void): void {
    this.statusChanged = changed;
  }

  async setMode(runtime: Runtime, mode: string): Promise<void> {
    const session = this.sessions.get(runtimeKey(runtime));
    if (!session) throw new AgentModeError('The agent has no session here yet; send an input first.');
    await session.setMode(mode);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.sessions.values()].map((session) => session.close()));
    await this.keeper?.close();
  }

  private session(runtime: Runtime): AcpSession {
    const key = runtimeKey(runtime);
    const { workspace, permissions, options, clock, store } = this;
    const statusChanged = (of: Runtime): void => this.statusChanged(of);
    const session =
      this.sessions.get(key) ??
      new AcpSession(runtime, { workspace, permissions, options, clock, store, statusChanged });
    this.sessions.set(key, session);
    return session;
  }
}
