import type { ApprovalDecision, Clock, Delta, Timer } from '../../protocol/index.js';
import type { AgentTurn, ToolQuestion } from '../agent.js';
import type { AcpOptions } from './acp.options.js';
import { Grants } from './grants.js';
import type { Raw } from './mapping/read.js';
import { TurnDeltas } from './mapping/turn-deltas.js';
import { aborted } from './within.js';

/** One turn under way with an agent: what it says becomes deltas, and its silence is measured. */
export class TurnRun {
  readonly deltas: TurnDeltas;
  readonly grants = new Grants();
  /** Why a person refused what the agent has not gone on from. */
  denied: string | undefined;
  /** Ids of the tool calls last told of; undefined before anything was. */
  private executing: string | undefined;
  private asking = 0;
  private readonly aborted: Promise<undefined>;
  private heard: number;
  private watch: Timer | undefined;

  constructor(
    readonly turn: AgentTurn,
    private readonly options: AcpOptions,
    private readonly clock: Clock,
  ) {
    this.deltas = new TurnDeltas(turn.turnId, options);
    this.aborted = aborted(turn.signal);
    this.heard = clock.now();
  }

  /**
   * Calls `hung` when the agent has been silent for too long.
   *
   * @param isBusy whether it waits for something of ours
   */
  watchSilence(isBusy: () => boolean, hung: () => void): void {
    const left = this.heard + this.options.idleTimeoutMs - this.clock.now();
    if (left <= 0 && !this.asking && !isBusy()) return hung();
    this.watch = this.clock.after(left > 0 ? left : this.options.idleTimeoutMs, () => this.watchSilence(isBusy, hung));
  }

  /** The agent gave a sign of life. */
  touch(): void {
    this.heard = this.clock.now();
  }

  update(update: Raw): void {
    this.touch();
    const goesOn = update['sessionUpdate'] === 'agent_message_chunk' || update['sessionUpdate'] === 'tool_call';
    if (goesOn) this.denied = undefined;
    this.show(this.deltas.next(update, this.heard));
  }

  terminalOutput(terminalId: string, text: string): void {
    this.touch();
    this.show(this.deltas.terminalOutput(terminalId, text));
  }

  show(deltas: readonly Delta[]): void {
    for (const delta of deltas) this.turn.emit(delta);
    const running = this.deltas.running;
    const key = running.join(' ');
    if (deltas.length === 0 || key === this.executing) return;
    this.executing = key;
    if (running.length > 0) this.turn.progress('EXECUTING_CLIENT_SIDE_TOOL', running);
    else this.turn.progress('PROCESSING_API_RESPONSE');
  }

  /** Resolves when there is room for more, or nothing more is wanted. */
  async ready(): Promise<void> {
    if (!this.turn.signal.aborted) await Promise.race([this.turn.ready(), this.aborted]);
  }

  /** @throws TurnEndedError when the turn ends before somebody answers */
  async ask(question: ToolQuestion): Promise<ApprovalDecision> {
    this.asking++;
    try {
      return await this.turn.askApproval(question);
    } finally {
      this.asking--;
      this.touch();
    }
  }

  /** @param finished whether the agent came to an end by itself */
  end(finished: boolean): void {
    this.watch?.cancel();
    this.show(this.deltas.end(finished));
  }
}
