import { setImmediate as afterAnswers } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Logger } from '@nestjs/common';
import { AgentModeError, type ToolQuestion, type TurnEnd } from '../agents/index.js';
import type {
  AgentStatus,
  ApprovalDecision,
  Delta,
  GitContext,
  InputMessage,
  PermissionMode,
  Runtime,
  Timer,
} from '../protocol/index.js';
import type { Approval } from './approval.js';
import { Approvals, type ApprovalsHost } from './approvals.js';
import { ConversationError } from './conversation.error.js';
import type { ConversationParts } from './conversation-parts.js';
import { type ConversationEvent, type ConversationState, pendingOf, transition } from './conversation-state.js';
import { EndReporter } from './end-reporter.js';
import { freshMessages } from './fresh-messages.js';
import type { InputAnswer, TurnName, UnfinishedInput } from './input-ledger.js';
import { type AcceptedInput, acceptedInput, InputQueue, removed } from './input-queue.js';
import { knownMode, readMode } from './read-mode.js';
import { CANCELLED, type InterruptedEnd, INTERRUPTED, loopError, runTurn, STOPPED, UNTOUCHED } from './run-turn.js';
import { type Reported, StatusReporter } from './status-reporter.js';
import { Turn, type TurnHost } from './turn.js';
import { workingDirectory } from './working-directory.js';

/** The device's state of one runtime: its turns, one after the other, the inputs that wait, and pending approvals. */
export class Conversation implements Reported {
  state: ConversationState<Turn, Approval> = { name: 'idle' };
  mode: PermissionMode;
  cwd: string;
  /** Of the repository that `cwd` lies in. */
  gitContext: GitContext | null = null;
  readonly queue = new InputQueue();
  private readonly status: StatusReporter;
  private readonly ends: EndReporter;
  private readonly logger = new Logger(Conversation.name);
  private readonly approvals: Approvals;
  private closed = false;
  /** Ends the turn under way when its agent does not. */
  private cutOffTimer: Timer | undefined;
  private waitingForIdle: (() => void)[] = [];

  constructor(
    readonly runtime: Runtime,
    private readonly parts: ConversationParts,
  ) {
    const { options, emitter, ledger, links, workspace, permissions } = parts;
    const { mode, cwd } = ledger.settingsOf(runtime);
    this.mode = knownMode(mode) ?? permissions.mode;
    this.cwd = cwd ?? workspace.root;
    this.ends = new EndReporter(runtime, emitter, ledger);
    this.status = new StatusReporter(this, emitter, links, options.connectionName);
    this.approvals = new Approvals(this.approvalsHost(), parts, this.ends);
  }

  get agentStatus(): AgentStatus | undefined {
    return this.parts.agent.statusOf?.(this.runtime);
  }

  /**
   * Takes an input: it starts at once or waits for its turn. Messages accepted before are left out; where none is new
   * the answer is the one they got then.
   *
   * @throws ConversationError `TOO_MANY` when too many wait, `DRAINING` when the listener is stopping, `INPUT_NOT_KEPT`
   * when the ledger cannot keep it
   */
  accept(messages: readonly InputMessage[]): InputAnswer {
    const { clock, ledger } = this.parts;
    const { fresh, earlier } = freshMessages(messages, (id) => ledger.answerTo(this.runtime, id));
    if (fresh.length === 0 && earlier) return earlier;
    if (this.closed)
      throw new ConversationError('DRAINING', 'The listener is stopping; send the input again when it is back.');
    const idle = this.state.name === 'idle';
    if (!idle && this.queue.length >= this.parts.options.maxQueuedInputs)
      throw new ConversationError(
        'TOO_MANY',
        `${this.queue.length} inputs wait already; send it when one has started.`,
      );
    const answer: InputAnswer = { accepted: true, disposition: idle ? 'started' : 'queued' };
    const input = acceptedInput(fresh, new Date(clock.now()).toISOString());
    ledger.accept(this.runtime, input, answer);
    if (idle) this.start(input);
    else {
      this.queue.push(input);
      this.status.queue();
    }
    return answer;
  }

  /**
   * Answers a pending approval. Exactly one answer wins; that one may come again.
   *
   * @throws ConversationError `ALREADY_ANSWERED`, `APPROVAL_UNKNOWN`
   */
  answer(requestId: string, decision: ApprovalDecision): void {
    this.approvals.answer(requestId, decision);
  }

  /** Whether a turn is being aborted now. With `runId`, only that turn; queued inputs stay (reliability C22). `because` is told at its end. */
  abort(runId?: string, because?: string): boolean {
    const { state } = this;
    if (state.name === 'idle' || (runId !== undefined && runId !== state.lease.runId)) return false;
    const turn = state.lease;
    if (!this.move({ type: 'abort', lease: turn })) return true;
    this.status.loop();
    this.approvals.withdraw(pendingOf(state));
    turn.abort(because);
    this.cutOffTimer = this.parts.clock.after(this.parts.options.abortGraceMs, () => this.finish(turn, CANCELLED));
    return true;
  }

  /**
   * Changes mode and working directory, both or neither; `reportDevice` or `replay` shows it. A relative directory starts from the present one.
   *
   * @throws ConversationError `MODE_UNKNOWN`, `COMMAND_INVALID` when it is no directory
   * @throws PathRefusedError when it lies outside of the workspace
   */
  async configure({
    mode,
    cwd,
  }: {
    readonly mode?: string | undefined;
    readonly cwd?: string | undefined;
  }): Promise<void> {
    const newMode = mode === undefined ? this.mode : readMode(mode);
    const newCwd = cwd === undefined ? this.cwd : await workingDirectory(this.parts.workspace, cwd, this.cwd);
    this.mode = newMode;
    this.cwd = newCwd;
    if (mode === undefined && cwd === undefined) return;
    const set = { mode: mode === undefined ? undefined : newMode, cwd: cwd === undefined ? undefined : newCwd };
    this.parts.ledger.configure(this.runtime, set);
    if (cwd !== undefined) this.parts.touched?.();
  }

  /**
   * Changes the agent's own mode, which has nothing to do with the permission mode.
   *
   * @param id of a mode in `agentStatus`
   * @throws ConversationError
   */
  async setAgentMode(id: string): Promise<void> {
    const ids = this.agentStatus?.modes?.map((mode) => mode.id) ?? [];
    if (!ids.includes(id)) throw new ConversationError('MODE_UNKNOWN', noAgentMode(id, ids));
    try {
      await this.parts.agent.setMode?.(this.runtime, id);
    } catch (error) {
      if (!(error instanceof AgentModeError)) throw error;
      throw new ConversationError('COMMAND_FAILED', error.message, { cause: error });
    }
  }

  /**
   * Takes up what an earlier process of this listener left: the turns that ran then are over, and what waited starts.
   *
   * @param told ids of turns and approvals whose end that process has told, although the ledger does not know
   */
  recover(inputs: readonly UnfinishedInput[], told: ReadonlySet<string>): void {
    for (const { input, turn } of inputs) if (!turn) this.queue.push(input);
    for (const { input, turn, approvals, acted } of inputs) {
      if (!turn) continue;
      const untold = approvals.filter((requestId) => !told.has(requestId));
      for (const requestId of untold) this.approvals.turnEnded(requestId);
      if (told.has(turn.turnId)) this.parts.ledger.ended(input.item.id);
      else this.endInterrupted(input, turn, approvals.length > 0 && !acted ? UNTOUCHED : INTERRUPTED);
    }
    this.startNext();
  }

  /** Takes an input that waits out of the queue; false when it is not there (any more). */
  removeQueued(itemId: string): boolean {
    const input = this.queue.remove(itemId);
    if (input) this.parts.ledger.ended(input.item.id);
    if (input) this.status.queue(removed([input], 'cancelled'));
    return input !== undefined;
  }

  /** Emits the newest state: four snapshots. */
  replay(): void {
    this.status.all();
  }

  reportDevice(): void {
    this.status.device();
  }

  /** Reports it where it is another one than before. */
  showGit(context: GitContext | null): void {
    if (isDeepStrictEqual(context, this.gitContext)) return;
    this.gitContext = context;
    this.status.device();
  }

  /** Emits each pending approval again, under its own `request_id`, for a client that came later. */
  replayApprovals(): void {
    this.approvals.replay();
  }

  /** A delta that belongs to no turn. */
  note(delta: Delta): void {
    const date = new Date(this.parts.clock.now()).toISOString();
    this.parts.emitter.emit('stream_delta', { delta: { date, ...delta } }, this.runtime);
  }

  /**
   * No new turns from now on; a turn that waits for a person is aborted. What waits in the queue stays there for the next
   * process where the ledger survives, because an orderly stop must not lose what a crash would keep: whoever does not
   * want it any more takes it out of the queue. Where nobody would ever start it, it is cancelled, and told so.
   */
  close(): void {
    this.closed = true;
    if (!this.parts.ledger.survives) this.cancelWaiting();
    if (this.state.name === 'waiting-for-approval') this.abort(undefined, STOPPED);
  }

  /** Ends the turn under way without its agent. */
  cutOff(): void {
    this.abort(undefined, STOPPED);
    if (this.state.name !== 'idle') this.finish(this.state.lease, CANCELLED);
  }

  /** Resolves when the ledger has heard of every end that was told. */
  untilSettled(): Promise<void> {
    return this.ends.untilSettled();
  }

  /** Resolves when no turn is under way. */
  untilIdle(): Promise<void> {
    return this.state.name === 'idle' ? Promise.resolve() : new Promise((resolve) => this.waitingForIdle.push(resolve));
  }

  private cancelWaiting(): void {
    const waiting = this.queue.clear();
    for (const { item } of waiting) this.parts.ledger.ended(item.id);
    if (waiting.length > 0) this.status.queue(removed(waiting, 'cancelled'));
  }

  private startNext(): void {
    const next = this.closed ? undefined : this.queue.shift();
    if (!next) return;
    this.start(next);
    this.status.queue(removed([next], 'dequeued'));
  }

  private start(input: AcceptedInput): void {
    const turn = new Turn(input, this.cwd, this.turnHost());
    this.move({ type: 'start', lease: turn });
    this.run(turn).catch((error: unknown) => this.logger.error(error));
  }

  private turnHost(): TurnHost {
    return {
      runtime: this.runtime,
      mode: () => this.mode,
      emitDelta: (turn, delta) => this.emitDelta(turn, delta),
      ready: () => this.parts.emitter.ready(this.runtime),
      activityChanged: (turn) => {
        if (this.holds(turn)) this.status.loop();
      },
      acted: ({ input }) => this.parts.ledger.acted(input.item.id),
      ask: (turn, question) => this.ask(turn, question),
    };
  }

  private async run(turn: Turn): Promise<void> {
    // So that `input_accepted` goes out before what the turn emits.
    await afterAnswers();
    if (!this.holds(turn)) return;
    // Before the agent has it, so that no process starts it twice.
    this.parts.ledger.started(turn.input.item.id, turn);
    this.status.loop();
    this.status.device();
    this.finish(turn, await runTurn(turn, this.parts.agent));
  }

  /** Ends a turn, unless it has ended: an agent that returns late changes nothing. State precedes `turn_finished` (reliability C19). */
  private finish(turn: Turn, { stopReason, error }: TurnEnd): void {
    const { state } = this;
    if (!this.holds(turn)) return;
    this.cutOffTimer?.cancel();
    const stop_reason = state.name === 'cancelling' ? 'cancelled' : stopReason;
    this.approvals.withdraw(pendingOf(state));
    this.emitDelta(turn, { message_type: 'stop_reason', stop_reason });
    this.move({ type: 'end', lease: turn });
    this.status.loop();
    this.status.device();
    this.ends.turn(turn.input, turn, stop_reason, turn.abortedBecause ?? error);
    this.parts.touched?.();
    for (const resolve of this.waitingForIdle.splice(0)) resolve();
    this.startNext();
  }

  /** Ends a turn of an earlier process, of which only the ledger knows. */
  private endInterrupted(input: AcceptedInput, turn: TurnName, { stopReason, error }: InterruptedEnd): void {
    const stop_reason = stopReason;
    for (const delta of [loopError(error), { message_type: 'stop_reason', stop_reason }])
      this.note({ ...delta, run_id: turn.runId, type: 'message' });
    this.replay();
    this.ends.turn(input, turn, stop_reason, error);
  }

  private approvalsHost(): ApprovalsHost {
    return {
      runtime: this.runtime,
      pending: () => pendingOf(this.state),
      move: (event) => {
        const moved = this.move(event);
        if (moved) this.status.loop();
        return moved;
      },
    };
  }

  private ask(turn: Turn, { access = 'execute', ...question }: ToolQuestion): Promise<ApprovalDecision> {
    if (this.holds(turn) && this.parts.permissions.ofAgent(this.mode, access) === 'allow')
      return Promise.resolve({ behavior: 'allow' });
    return this.approvals.ask(turn, question);
  }

  private emitDelta(turn: Turn, delta: Delta): void {
    if (!this.holds(turn)) return;
    const stamped = turn.stamp(delta, this.parts.clock.now());
    this.parts.emitter.emit('stream_delta', { delta: stamped }, this.runtime);
  }

  private holds(turn: Turn): boolean {
    return this.state.name !== 'idle' && this.state.lease === turn;
  }

  private move(event: ConversationEvent<Turn, Approval>): boolean {
    const next = transition(this.state, event);
    if (next) this.state = next;
    return next !== undefined;
  }
}

function noAgentMode(id: string, ids: readonly string[]): string {
  return ids.length === 0
    ? 'The agent has told of no modes of its own; one that has tells of them with its first turn.'
    : `The agent has no mode "${id}"; use one of: ${ids.join(', ')}.`;
}
