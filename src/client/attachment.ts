import {
  changesMachine,
  isAnswerType,
  readRuntime,
  type ApprovalDecision,
  type ChannelName,
  type CommandFields,
  type Frame,
  type InputMessage,
  type Runtime,
} from '../protocol/index.js';
import type { AttachmentOptions, AttachmentState } from './attachment-options.js';
import { AttachmentStates } from './attachment-states.js';
import { Fanout } from './async-queue.js';
import { ClientLink, type LinkReceiver, type LinkTarget } from './client-link.js';
import type { ClientContext } from './client-options.js';
import { CommandError, DisconnectedError } from './client.error.js';
import type { AnswerOf, FieldsOf } from './command-answers.js';
import type { EventCursor } from './event-cursors.js';
import { EventIntake, isOrdered } from './event-intake.js';
import { idsOf, withIds } from './input-messages.js';
import { PendingCommands } from './pending-commands.js';
import { PresenceWatch, type ListenerPresence } from './presence-watch.js';
import { randomId } from './random-id.js';
import type { RemoteTerminal, TerminalOptions } from './remote-terminal.js';
import { RemoteTerminals } from './remote-terminals.js';
import { RelayRest } from './rest.js';
import { retry } from './retry.js';
import { TurnMatcher } from './turn-matcher.js';
import { Turn, type TurnHost } from './turn.js';
import { WatchedFiles } from './watched-files.js';

/**
 * A client's tie to one runtime of an environment: two sockets, rebuilt when they break, with everything resumed by the
 * names of events.
 *
 * @publicApi
 */
export class Attachment implements TurnHost {
  private readonly commands: PendingCommands;
  private readonly intake: EventIntake;
  private readonly terminals: RemoteTerminals;
  private readonly watches: WatchedFiles;
  private readonly progress = new AttachmentStates();
  private readonly others = new Fanout<Frame>();
  private readonly receiver: LinkReceiver = {
    frame: (frame, channel, bytes) => this.receive(frame, channel, bytes),
    chunk: (requestId) => this.commands.chunk(requestId),
    unreadable: (error) => this.commands.refuse(error),
    down: (reason, retryAfterMs) => void this.reconnect(reason, retryAfterMs),
  };
  private link: ClientLink | undefined;
  private followed: Runtime | undefined;
  private readonly answered = new Set<ChannelName>();
  private readonly turns = new Set<Turn>();
  private readonly listener: PresenceWatch;

  private constructor(
    private readonly context: ClientContext,
    private readonly environment: string,
    readonly clientId: string,
    presence: ListenerPresence,
  ) {
    this.commands = new PendingCommands(context.clock, (frame) => this.transmit(frame));
    this.intake = new EventIntake(context.limits.maxUnreadBytes, () => this.link?.release());
    const { clock, limits } = context;
    this.terminals = new RemoteTerminals({ clock, limits, tell: (type, fields) => this.tell(type, fields) });
    this.watches = new WatchedFiles(clock, limits, this.commands, (frame) => this.others.publish(frame));
    const rest = new RelayRest(context);
    this.listener = new PresenceWatch(
      context.clock,
      context.limits,
      () => ({ commandSince: this.commands.since, turnUnderWay: this.turns.size > 0 }),
      async () => (this.link ? rest.environment(environment) : undefined),
      presence,
    );
  }

  /**
   * @param presence what is known of the listener so far
   * @throws RelayUnreachableError, TokenRefusedError, EnvironmentNotFoundError, RelayRefusedError
   */
  static async open(
    context: ClientContext,
    environment: string,
    options: AttachmentOptions,
    presence: ListenerPresence,
  ): Promise<Attachment> {
    const attachment = new Attachment(context, environment, options.clientId ?? randomId(), presence);
    attachment.followed = options.runtime;
    const { runtime, resumeFrom, history = 'none' } = options;
    if (runtime && resumeFrom) attachment.intake.place(runtime, resumeFrom);
    else if (runtime) attachment.intake.wish(runtime, history);
    await attachment.connect();
    return attachment;
  }

  get clock(): ClientContext['clock'] {
    return this.context.clock;
  }

  get settleAfterGapMs(): number {
    return this.context.limits.settleAfterGapMs;
  }

  /** What this attachment follows: given to `attach`, or returned by the first `runtimeStart`. */
  get runtime(): Runtime | undefined {
    return this.followed;
  }

  /** The last event that was read off the wire; hand it to a later attachment as `resumeFrom`. */
  get cursor(): EventCursor | undefined {
    return this.followed && this.intake.cursorOf(this.followed);
  }

  /** The newest event of the runtime when the sockets were opened last: up to it `events()` shows the past. Undefined where there was none. */
  get head(): EventCursor | undefined {
    return this.followed && this.intake.headOf(this.followed);
  }

  get state(): AttachmentState {
    return this.progress.now;
  }

  /** Whether the listener is there, as far as this attachment had reason to ask. */
  get presence(): ListenerPresence {
    return this.listener.presence;
  }

  /** Every change of `presence` from now on, the current one first; ends when the attachment is closed. */
  presences(): AsyncIterableIterator<ListenerPresence, undefined> {
    return this.listener.follow();
  }

  /** Every state from now on, the current one first; ends with `closed`. */
  states(): AsyncIterableIterator<AttachmentState, undefined> {
    return this.progress.follow();
  }

  /**
   * Every event from now on, each once and in order; the first loop is also given what came since the attachment opened,
   * such as the newest state and pending approvals (`isReplayed`). What was lost is yielded as `resume_gap` (`isGap`); `isEvent` narrows
   * the rest. While a loop over this is slow, the relay is held back.
   *
   * @throws DisconnectedError, TokenRefusedError when the attachment fails for good
   */
  events(): AsyncIterableIterator<Frame, undefined> {
    return this.intake.subscribe();
  }

  /**
   * Sends a command and waits for its one answer, over reconnects too.
   *
   * One that the relay refuses because it came too soon is sent again when the relay says so. One that writes or executes goes by the
   * permission mode of the runtime that is followed, unless its fields name another one in `runtime`.
   *
   * @throws CommandError with the code of the answer, or `COMMAND_TIMEOUT`, `NOT_SENT`, and `OUTCOME_UNKNOWN` for one that must not come twice
   *   and that a broken connection took with it, or its answer
   * @throws DisconnectedError, TokenRefusedError
   */
  async command<T extends string>(
    type: T,
    fields: FieldsOf<T>,
    options: { timeoutMs?: number } = {},
  ): Promise<AnswerOf<T>> {
    this.assertOpen();
    this.watches.asks(type, fields);
    const timeoutMs = options.timeoutMs ?? this.context.limits.commandTimeoutMs;
    const asked = this.commands.ask(type, this.inMode(type, fields), timeoutMs);
    this.listener.wait();
    const answer = await asked;
    this.watches.answered(type, fields, answer);
    return answer as AnswerOf<T>;
  }

  /**
   * Sends a command that nobody answers; what it causes comes in `frames()`. For terminals there is `openTerminal`.
   *
   * @returns false while no link is up: then it is not sent, nor kept
   */
  tell(type: string, fields: Readonly<Record<string, unknown>>): boolean {
    return this.transmit({ ...this.inMode(type, fields), type });
  }

  /**
   * What comes from now on, waits in memory for a loop that is slow, and is neither an event, nor an answer to `command`, nor of a terminal of
   * `openTerminal`: `file_changed`, a `watch_file_response` where a device that was away watches a file no longer, and what is not known here.
   */
  frames(): AsyncIterableIterator<Frame, undefined> {
    return this.others.subscribe();
  }

  /**
   * Opens a terminal on the device; it ends with `kill`, by itself, or some time after this attachment has closed.
   *
   * @throws CommandError when the device opens none @throws DisconnectedError, TokenRefusedError
   */
  async openTerminal(options: TerminalOptions): Promise<RemoteTerminal> {
    this.assertOpen();
    return this.terminals.open(this.inMode('terminal_spawn', options));
  }

  /** Starts or reopens a runtime; the first one is what this attachment follows, over reconnects. */
  async runtimeStart(fields: CommandFields['runtime_start']): Promise<AnswerOf<'runtime_start'>> {
    const answer = await this.command('runtime_start', fields);
    const runtime = readRuntime(answer.runtime);
    if (!runtime)
      throw new CommandError('runtime_start', 'COMMAND_FAILED', 'The device answered without a runtime.', answer);
    if (!this.followed && answer.created?.conversation === true) this.intake.beginsEmpty(runtime);
    this.followed ??= runtime;
    return answer;
  }

  /** Hands in messages; `turn` also follows what they cause. Messages without an id are given one. */
  async send(input: string | readonly InputMessage[]): Promise<AnswerOf<'input'>> {
    const runtime = this.needRuntime();
    return this.command('input', { runtime, payload: { kind: 'create_message', messages: withIds(input) } });
  }

  /** Hands in messages and follows their turn: iterate what this resolves to. */
  async turn(input: string | readonly InputMessage[]): Promise<Turn> {
    const runtime = this.needRuntime();
    const messages = withIds(input);
    const events = this.intake.subscribe();
    const matcher = new TurnMatcher(idsOf(messages), this.intake.runsOf(runtime));
    try {
      const { disposition = 'started' } = await this.command('input', {
        runtime,
        payload: { kind: 'create_message', messages },
      });
      matcher.accepted(disposition);
      const turn = new Turn(this, runtime, disposition, events, matcher);
      this.turns.add(turn);
      this.listener.wait();
      return turn;
    } catch (error) {
      await events.return();
      throw error;
    }
  }

  /** @internal */
  left(turn: Turn): void {
    this.turns.delete(turn);
  }

  /** Answers a `control_request`. A second answer is a `CommandError` of code `ALREADY_ANSWERED`. */
  async answerApproval(requestId: string, decision: ApprovalDecision): Promise<void> {
    const payload = { kind: 'approval_response', request_id: requestId, decision } as const;
    await this.command('input', { runtime: this.needRuntime(), payload });
  }

  /** Ends the turn that runs in a runtime; with `run`, only if it is that one. @returns whether there was one */
  async abort(runtime: Runtime = this.needRuntime(), run?: string): Promise<boolean> {
    const { aborted } = await this.command('abort_message', { runtime, ...(run === undefined ? {} : { run_id: run }) });
    return aborted;
  }

  /** Asks for the runtime's state; it comes as events. */
  async sync(options: { recoverApprovals?: boolean } = {}): Promise<void> {
    const { recoverApprovals = true } = options;
    await this.command('sync', { runtime: this.needRuntime(), recover_approvals: recoverApprovals });
  }

  /** Closes both sockets. Loops over events end; commands in flight fail with `DisconnectedError`. */
  close(): void {
    if (this.progress.isClosed) return;
    this.link?.close();
    this.end(undefined);
  }

  private async connect(): Promise<void> {
    const held = (): boolean => this.intake.isBehind();
    const link = await ClientLink.open(this.context, this.target(), this.receiver, held, this.answered);
    if (this.progress.isClosed) return link.close();
    this.link = link;
    this.progress.enter({ phase: 'open' });
    link.start();
    this.commands.resume();
    this.terminals.resume();
    this.watches.resume();
  }

  private target(): LinkTarget {
    const { environment, clientId, followed } = this;
    return {
      environment,
      clientId,
      agentId: followed?.agent_id ?? undefined,
      conversationId: followed?.conversation_id,
      resumeFrom: followed && this.intake.resumePointOf(followed),
      history: followed && this.intake.historyOf(followed),
      asksForRequests: this.commands.hasLost,
    };
  }

  private async reconnect(reason: string, retryAfterMs: number): Promise<void> {
    this.link = undefined;
    this.commands.lost();
    this.progress.enter({ phase: 'reconnecting', reason });
    const failed = await retry(
      this.context,
      reason,
      retryAfterMs,
      () => this.connect(),
      () => !this.progress.isClosed,
    );
    if (failed) this.end(failed);
  }

  private end(error: Error | undefined): void {
    this.link = undefined;
    this.progress.enter({ phase: 'closed', ...(error ? { error } : {}) });
    this.commands.fail(error ?? new DisconnectedError('The attachment was closed before the answer came.'));
    this.terminals.end(error ?? new DisconnectedError('The attachment was closed.'));
    this.intake.finish(error);
    this.listener.end();
    this.watches.end();
    this.others.finish(error);
  }

  private transmit(frame: Frame): boolean {
    this.link?.send(frame);
    return this.link !== undefined;
  }

  private receive(frame: Frame, channel: ChannelName, bytes: number): void {
    this.listener.heard();
    if (this.commands.answer(frame) || this.commands.judge(frame)) return;
    this.watches.learn(frame);
    if (frame.type === 'resume_status') {
      if (this.followed) this.resume(this.followed, frame);
    } else if (isOrdered(frame)) this.intake.receive(frame, channel, bytes);
    else if (!isAnswerType(frame.type) && !this.terminals.take(frame)) this.others.publish(frame, bytes);
  }

  private resume(runtime: Runtime, status: Frame): void {
    const asked = this.intake.resumePointOf(runtime) !== undefined;
    this.intake.resumed(runtime, status);
    if (asked && this.state.phase === 'open')
      this.progress.enter({ phase: 'open', resumed: status['recovered'] !== false });
  }

  private assertOpen(): void {
    const { state } = this;
    if (state.phase === 'closed') throw state.error ?? new DisconnectedError('The attachment is closed; attach again.');
  }

  /** What may be refused names the conversation whose mode counts; what reads does not, because it would wait for others of that conversation. */
  private inMode<Fields extends object>(type: string, fields: Fields): Fields & { readonly runtime?: Runtime } {
    return this.followed && changesMachine(type) ? { runtime: this.followed, ...fields } : fields;
  }

  private needRuntime(): Runtime {
    if (!this.followed) throw new TypeError('No runtime yet: attach with one, or call runtimeStart first.');
    return this.followed;
  }
}
