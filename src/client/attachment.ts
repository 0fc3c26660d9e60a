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
import type { AttachmentOptions, AttachmentState, CommandOptions } from './attachment-options.js';
import { Fanout } from './async-queue.js';
import type { LinkTarget } from './client-link.js';
import type { ClientContext } from './client-options.js';
import { CommandError, DisconnectedError } from './client.error.js';
import type { AnswerOf, FieldsOf } from './command-answers.js';
import type { ConnectionSample } from './connection-sample.js';
import type { EventCursor } from './event-cursors.js';
import { EventIntake, isOrdered } from './event-intake.js';
import type { GiveUp } from './give-up.js';
import { LinkKeeper } from './link-keeper.js';
import { PendingCommands } from './pending-commands.js';
import { PresenceWatch, type ListenerPresence } from './presence-watch.js';
import { randomId } from './random-id.js';
import type { RemoteTerminal, TerminalOptions } from './remote-terminal.js';
import { RemoteTerminals } from './remote-terminals.js';
import { RelayRest } from './rest.js';
import { Steering } from './steering.js';
import type { Turn } from './turn.js';
import { WatchedFiles } from './watched-files.js';

/**
 * A client's tie to one runtime of an environment: two sockets, rebuilt when they break, with everything resumed by the
 * names of events. Another runtime is another attachment.
 *
 * @publicApi
 */
export class Attachment {
  private readonly commands: PendingCommands;
  private readonly intake: EventIntake;
  private readonly terminals: RemoteTerminals;
  private readonly watches: WatchedFiles;
  private readonly steering: Steering;
  private readonly listener: PresenceWatch;
  private readonly others = new Fanout<Frame>();
  private readonly keeper: LinkKeeper;
  private followed: Runtime | undefined;

  private constructor(
    private readonly context: ClientContext,
    private readonly environment: string,
    /** Names this client over reconnects. */
    readonly clientId: string,
    presence: ListenerPresence,
  ) {
    const { clock, limits } = context;
    this.commands = new PendingCommands(clock, (frame) => this.keeper.transmit(frame));
    this.intake = new EventIntake(limits.maxUnreadBytes, () => this.keeper.release());
    this.terminals = new RemoteTerminals({ clock, limits, tell: (type, fields) => this.tell(type, fields) });
    this.watches = new WatchedFiles(clock, limits, this.commands, (frame) => this.others.publish(frame));
    this.steering = new Steering({
      clock,
      settleAfterGapMs: limits.settleAfterGapMs,
      intake: this.intake,
      command: (type, fields, options) => this.command(type, fields, options),
      turnBegun: () => this.listener.wait(),
    });
    const rest = new RelayRest(context);
    this.listener = new PresenceWatch(
      clock,
      limits,
      () => ({ commandSince: this.commands.since, turnUnderWay: this.steering.isTurnUnderWay }),
      async () => (this.keeper.isUp ? rest.environment(environment) : undefined),
      presence,
    );
    this.keeper = new LinkKeeper(context, {
      target: () => this.target(),
      isBehind: () => this.intake.isBehind(),
      unreadBytes: () => this.intake.unreadBytes,
      frame: (frame, channel, bytes) => this.receive(frame, channel, bytes),
      chunk: (requestId) => this.commands.chunk(requestId),
      unreadable: (error) => this.commands.refuse(error),
      up: () => this.up(),
      lost: ({ messagesRead }) => this.commands.lost(messagesRead),
      over: (error) => this.over(error),
    });
  }

  /**
   * @internal
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
    const { runtime, resumeFrom, history = 'none' } = options;
    attachment.followed = runtime;
    if (runtime && resumeFrom) attachment.intake.place(runtime, resumeFrom);
    else if (runtime) attachment.intake.wish(runtime, history);
    await attachment.keeper.open(options.signal);
    return attachment;
  }

  /** @internal */
  get clock(): ClientContext['clock'] {
    return this.context.clock;
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

  /** How it is connected right now. */
  get state(): AttachmentState {
    return this.keeper.state;
  }

  /** Whether the listener is there, as far as this attachment had reason to ask. */
  get presence(): ListenerPresence {
    return this.listener.presence;
  }

  /** Every change of `presence` from now on, the current one first; ends when the attachment is closed. */
  presences({ signal }: GiveUp = {}): AsyncIterableIterator<ListenerPresence, undefined> {
    return this.listener.follow().until(signal);
  }

  /** Every state from now on, the current one first; ends with `closed`. */
  states({ signal }: GiveUp = {}): AsyncIterableIterator<AttachmentState, undefined> {
    return this.keeper.states().until(signal);
  }

  /**
   * How the connection is, every `sampleMs`, with a ping on control each time, for as long as somebody iterates; the last sample is of the
   * closed attachment. A loop that is slow is given what waited; take the newest.
   */
  metrics({ signal }: GiveUp = {}): AsyncIterableIterator<ConnectionSample, undefined> {
    return this.keeper.metrics().until(signal);
  }

  /**
   * Every event from now on, each once and in order; the first loop is also given what came since the attachment opened,
   * such as its `history`, the newest state and pending approvals (`isReplayed`). What was lost is yielded as `resume_gap` (`isGap`);
   * `isEvent` narrows the rest. While a loop over this is slow, the relay is held back.
   *
   * @throws DisconnectedError, TokenRefusedError when the attachment fails for good
   */
  events({ signal }: GiveUp = {}): AsyncIterableIterator<Frame, undefined> {
    return this.intake.subscribe().until(signal);
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
  async command<T extends string>(type: T, fields: FieldsOf<T>, options: CommandOptions = {}): Promise<AnswerOf<T>> {
    this.assertOpen();
    this.watches.asks(type, fields);
    const timeoutMs = options.timeoutMs ?? this.context.limits.commandTimeoutMs;
    const asked = this.commands.ask(type, this.inMode(type, fields), timeoutMs, options.signal);
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
    return this.keeper.transmit({ ...this.inMode(type, fields), type }) !== undefined;
  }

  /**
   * What comes from now on, waits in memory for a loop that is slow, and is neither an event, nor an answer to `command`, nor of a terminal of
   * `openTerminal`: `file_changed`, a `watch_file_response` where a device that was away watches a file no longer, and what is not known here.
   */
  frames({ signal }: GiveUp = {}): AsyncIterableIterator<Frame, undefined> {
    return this.others.subscribe().until(signal);
  }

  /**
   * Opens a terminal on the device; it ends with `kill`, by itself, or some time after this attachment has closed.
   *
   * @throws CommandError when the device opens none @throws DisconnectedError, TokenRefusedError
   */
  async openTerminal(options: TerminalOptions, { signal }: GiveUp = {}): Promise<RemoteTerminal> {
    this.assertOpen();
    signal?.throwIfAborted();
    return this.terminals.open(this.inMode('terminal_spawn', options), signal);
  }

  /** Starts or reopens a runtime; the first one is what this attachment follows, over reconnects. @throws as `command` does */
  async runtimeStart(
    fields: CommandFields['runtime_start'],
    options: CommandOptions = {},
  ): Promise<AnswerOf<'runtime_start'>> {
    const answer = await this.command('runtime_start', fields, options);
    const runtime = readRuntime(answer.runtime);
    if (!runtime)
      throw new CommandError('runtime_start', 'COMMAND_FAILED', 'The device answered without a runtime.', answer);
    if (!this.followed && answer.created?.conversation === true) this.intake.beginsEmpty(runtime);
    this.followed ??= runtime;
    return answer;
  }

  /** Hands in messages; `turn` also follows what they cause. Messages without an id are given one. @throws as `command` does */
  async send(input: string | readonly InputMessage[], options: GiveUp = {}): Promise<AnswerOf<'input'>> {
    return this.steering.send(this.needRuntime(), input, options);
  }

  /**
   * Hands in messages and follows their turn: iterate what this resolves to. Its signal ends the watching, also later; what ends the turn is
   * its `abort()`.
   *
   * @throws as `command` does
   */
  async turn(input: string | readonly InputMessage[], options: GiveUp = {}): Promise<Turn> {
    return this.steering.turn(this.needRuntime(), input, options);
  }

  /**
   * Answers a `control_request`. Whose answer counted, and how it ended, says the device's event, `control_request_resolved`, to everybody.
   *
   * @throws CommandError of code `ALREADY_ANSWERED` when another answer, or the end of the turn, was first
   */
  async answerApproval(requestId: string, decision: ApprovalDecision, options: GiveUp = {}): Promise<void> {
    await this.steering.answerApproval(this.needRuntime(), requestId, decision, options);
  }

  /** Ends the turn that runs in a runtime; with `run`, only if it is that one. @returns whether there was one @throws as `command` does */
  async abort(runtime: Runtime = this.needRuntime(), run?: string, options: GiveUp = {}): Promise<boolean> {
    return this.steering.abort(runtime, run, options);
  }

  /** Asks for the runtime's state; it comes as events. @throws as `command` does */
  async sync({ recoverApprovals = true, ...options }: { recoverApprovals?: boolean } & GiveUp = {}): Promise<void> {
    await this.command('sync', { runtime: this.needRuntime(), recover_approvals: recoverApprovals }, options);
  }

  /** Closes both sockets. Loops over events end; commands in flight fail with `DisconnectedError`. */
  close(): void {
    this.keeper.close();
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

  private up(): void {
    this.commands.resume();
    this.terminals.resume();
    this.watches.resume();
  }

  private over(error: Error | undefined): void {
    this.commands.fail(error ?? new DisconnectedError('The attachment was closed before the answer came.'));
    this.terminals.end(error ?? new DisconnectedError('The attachment was closed.'));
    this.intake.finish(error);
    this.listener.end();
    this.watches.end();
    this.others.finish(error);
  }

  private receive(frame: Frame, channel: ChannelName, bytes: number): void {
    this.listener.heard();
    if (this.commands.answer(frame) || this.commands.judge(frame)) return;
    this.watches.learn(frame);
    if (frame.type === 'resume_status') {
      const verdict = this.followed && this.intake.resumed(this.followed, frame);
      if (verdict) this.keeper.judged(verdict);
    } else if (isOrdered(frame)) this.intake.receive(frame, channel, bytes);
    else if (!isAnswerType(frame.type) && !this.terminals.take(frame)) this.others.publish(frame, bytes);
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
