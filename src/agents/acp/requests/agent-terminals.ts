import { randomUUID } from 'node:crypto';
import { endProcesses } from '../../../processes/index.js';
import type { Clock } from '../../../protocol/index.js';
import { numberIn, type Raw, recordsIn, textIn } from '../mapping/read.js';
import { AgentTerminal, type TerminalCommand } from './agent-terminal.js';
import { badRequest } from './bad-request.js';

/** What everything that runs in these terminals has in its environment; the value names those of one session. */
const MARK = 'TWINLANE_AGENT_TERMINALS';

export interface AgentTerminalsOptions {
  readonly maxTerminals: number;
  readonly maxTerminalBytes: number;
  readonly stopGraceMs: number;
}

/** The terminals of one session: what the agent has its client run. */
export class AgentTerminals {
  private readonly terminals = new Map<string, AgentTerminal>();
  private readonly name = randomUUID();
  private hasRun = false;

  /** @param seen is handed output as it comes, with the id of its terminal, and resolves when there is room for more */
  constructor(
    private readonly options: AgentTerminalsOptions,
    private readonly clock: Clock,
    private readonly seen: (terminalId: string, text: string) => Promise<void>,
  ) {}

  /** Whether a command still runs. */
  get isRunning(): boolean {
    return [...this.terminals.values()].some(({ exit }) => exit === undefined);
  }

  create(command: TerminalCommand, params: Raw): { readonly terminalId: string } {
    if (this.terminals.size >= this.options.maxTerminals)
      throw badRequest(`${this.terminals.size} terminals are open already; release one first.`);
    const terminalId = `terminal-${randomUUID()}`;
    const { maxTerminalBytes } = this.options;
    const maxBytes = Math.min(numberIn(params, 'outputByteLimit') ?? maxTerminalBytes, maxTerminalBytes);
    const seen = (text: string): Promise<void> => this.seen(terminalId, text);
    const env = { ...command.env, [MARK]: this.name };
    this.hasRun = true;
    this.terminals.set(terminalId, new AgentTerminal({ ...command, env }, maxBytes, seen, this.clock));
    return { terminalId };
  }

  output(params: Raw): Raw {
    const { output, truncated, exit } = this.find(params);
    return { output, truncated, ...(exit ? { exitStatus: exit } : {}) };
  }

  async exited(params: Raw): Promise<Raw> {
    return { ...(await this.find(params).exited) };
  }

  /** The terminal stays, with its output. */
  async kill(params: Raw): Promise<void> {
    await this.find(params).kill(this.options.stopGraceMs);
  }

  async release(params: Raw): Promise<void> {
    const terminal = this.find(params);
    this.terminals.delete(textIn(params, 'terminalId') ?? '');
    await terminal.release(this.options.stopGraceMs);
  }

  /** Ends every command; the terminals stay, with their output. */
  async stop(): Promise<void> {
    const running = [...this.terminals.values()].filter(({ exit }) => exit === undefined);
    await Promise.all(running.map((terminal) => terminal.kill(this.options.stopGraceMs)));
  }

  /** Ends whatever was started here: also what a command left behind, or what left its process group. */
  async close(): Promise<void> {
    await this.stop();
    this.terminals.clear();
    if (!this.hasRun) return;
    await endProcesses({ mark: `${MARK}=${this.name}` }, 'SIGTERM', this.options.stopGraceMs, this.clock);
  }

  private find(params: Raw): AgentTerminal {
    const id = textIn(params, 'terminalId') ?? '';
    const terminal = this.terminals.get(id);
    if (!terminal) throw badRequest(`There is no terminal ${id}; it may have been released.`);
    return terminal;
  }
}

/** The command of a `terminal/create`. @param cwd absolute, inside the workspace @param env what every child process may have */
export function terminalCommand(params: Raw, cwd: string, env: NodeJS.ProcessEnv): TerminalCommand {
  const command = textIn(params, 'command');
  if (command === undefined || command === '') throw badRequest('command: text is missing.');
  const given = params['args'];
  const args = Array.isArray(given) ? given.filter((arg): arg is string => typeof arg === 'string') : [];
  const own = (recordsIn(params, 'env') ?? []).map((entry) => [
    textIn(entry, 'name') ?? '',
    textIn(entry, 'value') ?? '',
  ]);
  return { command, args, cwd, env: { ...env, ...Object.fromEntries(own.filter(([name]) => name !== '')) } };
}
