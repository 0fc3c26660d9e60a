import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK } from '../config/index.js';
import { ConversationsService } from '../conversations/index.js';
import { ProtocolEmitterService } from '../emitter/index.js';
import { CommandSpan } from '../observability/index.js';
import { Permissions } from '../permissions/index.js';
import {
  answerTypeOf,
  type Clock,
  encodeFrame,
  errorAnswer,
  type Frame,
  isAnswered,
  isAnswerType,
  type PermissionMode,
  isLarger,
  requestIdOf,
  type Runtime,
  runtimeKey,
  withDeadline,
} from '../protocol/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../transport/index.js';
import { codeOf, CommandError, isExpected } from './command.error.js';
import { CommandExplorer, type CommandHandler } from './command.explorer.js';
import { CommandMetrics } from './command.metrics.js';
import { CommandsOptions } from './commands.options.js';
import type { CommandContext } from './device-command.js';
import { Lanes } from './lanes.js';
import { modernise, readCommand, runtimeOfCommand } from './read-command.js';
import { type RememberedRequest, RememberedRequests } from './remembered-requests.js';

/**
 * Hands each command to its handler and its one answer to the emitter. Commands of one runtime keep their order;
 * runtimes, and commands without one, run side by side.
 */
@Injectable()
export class CommandDispatcher {
  private readonly logger = new Logger(CommandDispatcher.name);
  private readonly lanes = new Lanes();
  private readonly requests: RememberedRequests;

  constructor(
    private readonly explorer: CommandExplorer,
    private readonly emitter: ProtocolEmitterService,
    private readonly options: CommandsOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LINK_MONITOR) private readonly links: LinkMonitor,
    private readonly metrics: CommandMetrics,
    private readonly permissions: Permissions,
    private readonly conversations: ConversationsService,
  ) {
    this.requests = new RememberedRequests(options.maxRememberedRequests, options.maxRememberedAnswerBytes);
  }

  /** Takes a frame off either channel, in order of arrival. Never throws. */
  dispatch(frame: Frame): void {
    const command = modernise(frame);
    const requestId = requestIdOf(command);
    const noted = requestId !== undefined && this.repeatsAreMeant() ? this.note(command, requestId) : undefined;
    if (noted?.isRepeated) {
      if (noted.request.answer) this.send(noted.request.answer);
      return;
    }
    const run = (): Promise<void> => this.run(command, noted?.request);
    this.inOrder(command, run).catch((error: unknown) => this.logger.error(error));
  }

  private note(command: Frame, requestId: string): ReturnType<RememberedRequests['note']> {
    const isReading = this.explorer.find(command.type)?.access === 'read';
    return this.requests.note({ requestId, command, isAnswered: expectsAnswer(command), isReading });
  }

  /** Only on a resumable link are ids unique and commands sent again; a plain server may pass on what a client reuses. */
  private repeatsAreMeant(): boolean {
    return this.links.current.link?.resumable === true;
  }

  /** Commands of a runtime begin one after the other; most also end before the next begins. */
  private inOrder(command: Frame, run: () => Promise<void>): Promise<void> {
    const runtime = runtimeOfCommand(command);
    if (!runtime) return run();
    if (this.explorer.find(command.type)?.holdsRuntime !== false) return this.lanes.run(runtimeKey(runtime), run);
    let running = Promise.resolve();
    const begin = async (): Promise<void> => void (running = run());
    return this.lanes.run(runtimeKey(runtime), begin).then(() => running);
  }

  /** @param request where the answer is remembered, if it is */
  private async run(frame: Frame, request: RememberedRequest | undefined): Promise<void> {
    const afterAnswer: (() => void)[] = [];
    const requestId = requestIdOf(frame);
    const begun = this.clock.now();
    const span = CommandSpan.begin('execute', frame, requestId);
    const execute = (): Promise<Frame> => this.answerTo(frame, requestId, afterAnswer);
    const answer = await (span ? span.run(execute) : execute());
    span?.end(answer['error_code']);
    this.metrics.ended(frame.type, this.clock.now() - begun);
    if (requestId !== undefined && expectsAnswer(frame)) {
      request?.answered(answer);
      this.send(answer);
    } else if (answer['success'] === false && frame.type === 'terminal_spawn') {
      // Nobody answers this command; whoever waits for its terminal learns that there is none.
      this.send({ type: 'terminal_exited', terminal_id: frame['terminal_id'], exitCode: 1, error: answer['error'] });
    } else if (answer['success'] === false) {
      await this.explorer.find(frame.type)?.command.failed?.(frame, String(answer['error']));
    }
    for (const run of afterAnswer) run();
  }

  private async answerTo(frame: Frame, requestId: string | undefined, afterAnswer: (() => void)[]): Promise<Frame> {
    const handler = this.explorer.find(frame.type);
    try {
      const fields = await this.handle(handler, frame, requestId, (run) => void afterAnswer.push(run));
      const named = requestId === undefined ? {} : { request_id: requestId };
      const answer = { success: true, ...fields, type: answerTypeOf(frame.type), ...named };
      // Sent in one frame, it would cost the whole link (close code 1009), and whoever waits for it would learn nothing.
      if (!this.emitter.takesChunks && isLarger(encodeFrame(answer), this.emitter.maxFrameBytes))
        throw new CommandError('ANSWER_TOO_LARGE');
      return answer;
    } catch (error) {
      afterAnswer.length = 0;
      const code = codeOf(error);
      const message = error instanceof Error ? error.message : String(error);
      this.metrics.refused(code);
      this.log(frame, requestId, code, error);
      return { ...handler?.command.errorFields?.(frame), ...errorAnswer(frame.type, requestId, code, message) };
    }
  }

  private async handle(
    handler: CommandHandler | undefined,
    frame: Frame,
    requestId: string | undefined,
    afterAnswer: CommandContext['afterAnswer'],
  ): Promise<object> {
    if (!handler)
      throw new CommandError(
        'COMMAND_UNKNOWN',
        `This device has no command "${frame.type}"; it may be older than the client.`,
      );
    const dto = readCommand(handler.dto, frame);
    const runtime = runtimeOfCommand(frame);
    if (handler.access) this.permissions.check(handler.access, this.modeOf(runtime));
    const overrun = new AbortController();
    const context: CommandContext = {
      frame,
      requestId,
      runtime,
      signal: overrun.signal,
      afterAnswer,
    };
    const deadlineMs = handler.deadlineMs ?? this.options.commandDeadlineMs;
    const work = Promise.resolve().then(() => handler.command.handle(dto, context));
    return withDeadline(work, deadlineMs, this.clock, () => {
      overrun.abort();
      return new CommandError(
        'COMMAND_TIMEOUT',
        `${frame.type} did not end within ${deadlineMs / 1_000} s; its outcome is unknown: look before you repeat it.`,
      );
    });
  }

  /** Undefined where no conversation is meant: then it is the device's. */
  private modeOf(runtime: Runtime | undefined): PermissionMode | undefined {
    return runtime && this.conversations.find(runtime)?.mode;
  }

  private send(answer: Frame): void {
    try {
      this.emitter.send(answer);
    } catch (error) {
      this.logger.error(`The answer to ${String(answer['request_id'])} could not be sent: ${String(error)}`);
    }
  }

  /** Whoever asked is told; the log has what nobody would hear of, and what a handler did not expect. */
  private log(frame: Frame, requestId: string | undefined, code: string, error: unknown): void {
    const fields = { type: frame.type, request_id: requestId, error_code: code };
    if (!isExpected(error)) this.logger.error({ msg: `${frame.type} failed`, ...fields, err: error });
    else if (requestId === undefined) this.logger.warn({ msg: `${frame.type}: ${String(error)}`, ...fields });
    else this.logger.debug({ msg: `${frame.type}: ${String(error)}`, ...fields });
  }
}

/** Answers of clients, and commands such as those of terminals, are not answered. */
function expectsAnswer({ type }: Frame): boolean {
  return isAnswered(type) && !isAnswerType(type);
}
