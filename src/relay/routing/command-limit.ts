import { isAnswerType, type Clock } from '../../protocol/index.js';
import { longestCommandWaitMs, type CommandRates, type Overrun } from '../access/command-rates.js';
import type { LimitsOptions } from '../access/limits.options.js';
import { RateLimit } from '../access/rate-limit.js';
import type { Command } from './client-commands.js';
import type { ClientSession } from './client-session.js';
import type { ClientSocket } from './client-socket.js';
import { tooManyAnswer } from './error-answers.js';
import { expectsAnswer, restoreId } from './request.js';
import type { RoutingObserver } from './routing-observer.js';

/** A command that came over a socket. */
export type ClientCommand = Command & { readonly session: ClientSession; readonly socket: ClientSocket };

/**
 * Holds each client of an environment to its rate of commands, so that the device and everybody else have theirs (reliability C36).
 * A client is known over its reconnects: closing a socket gives nobody a new burst. What passes counts for its token and its address,
 * so that who floods under one name does not use up what the others share.
 */
export class CommandLimit {
  private readonly rate: RateLimit;

  constructor(
    clock: Clock,
    private readonly limits: LimitsOptions,
    private readonly observer: RoutingObserver,
    private readonly shared: CommandRates,
  ) {
    const { commandsPerSecond: perSecond, commandBurst: burst } = limits;
    this.rate = new RateLimit(clock, { perSecond, burst, longestWaitMs: longestCommandWaitMs(limits) });
  }

  /** Whether a command may go on; else its sender has been told. */
  admits(command: ClientCommand): boolean {
    const over = this.overrunOf(command);
    if (!over) return true;
    // What is on its way behind the close: whoever sent it is told already.
    if (command.socket.isOpen) this.refuse(command, over);
    return false;
  }

  private overrunOf({ session, socket }: ClientCommand): Overrun | undefined {
    const waitMs = this.rate.take(session.key);
    if (waitMs === 0) return this.shared.take(socket.attachment);
    return { limit: 'commands', waitMs, text: `At most ${this.limits.commandsPerSecond} commands a second.` };
  }

  private refuse({ frame, asker, socket }: ClientCommand, { limit, waitMs, text }: Overrun): void {
    const isTold = expectsAnswer(frame) && !isAnswerType(frame.type);
    // What nobody would be told of must not just be missing, such as a key that was typed.
    if (waitMs > this.limits.floodMs || !isTold) {
      this.observer.limited('flood');
      return socket.overrun(text, waitMs);
    }
    this.observer.limited(limit);
    this.observer.refused('TOO_MANY');
    const answer = tooManyAnswer(frame.type, `${text} Send this again in ${Math.ceil(waitMs)} ms.`, waitMs);
    asker.deliver(restoreId(answer, frame));
  }
}
